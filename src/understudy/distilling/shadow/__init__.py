"""Two models under one name: one answers, the other is asked in the background and compared."""
