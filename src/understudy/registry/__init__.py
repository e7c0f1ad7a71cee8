"""Which models exist here, under which names."""
