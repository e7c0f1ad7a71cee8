"""Training files as bytes and lines: read, parsed and validated."""
