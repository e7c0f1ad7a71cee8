"""Base models over HTTP: the catalogue, additions and removals."""
