"""Decisions: how likely a model says each of the fixed answers to a question."""
