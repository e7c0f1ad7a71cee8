"""Responses: items in, events and a stored object out, also in the background."""
