"""Tools: their schemas, calls and results."""
