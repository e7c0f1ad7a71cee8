"""Files and what is said of them on the wire."""
