"""Keys, capabilities and the overview on the wire."""
