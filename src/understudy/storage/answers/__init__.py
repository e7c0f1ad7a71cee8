"""Queries on stored chat completions and responses."""
