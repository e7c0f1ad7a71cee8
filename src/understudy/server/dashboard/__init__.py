"""The dashboard: its built files and the page at every address."""
