"""Processes of their own that have torch, for those that have none: each answers one question."""
