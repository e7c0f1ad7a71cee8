"""Completions over HTTP."""
