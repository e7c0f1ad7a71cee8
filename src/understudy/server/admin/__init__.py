"""Keys, health, capabilities and the overview over HTTP."""
