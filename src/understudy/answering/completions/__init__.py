"""Completions, the API before chat: text in, text out, on the same engine."""
