"""Responses on the wire."""
