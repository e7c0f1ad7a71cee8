"""Batches over HTTP, and the work that answers them: each line is a request to this server."""
