"""The process that adds one base for a server."""
