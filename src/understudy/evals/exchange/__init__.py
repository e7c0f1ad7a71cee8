"""Evals in the formats of other programs."""
