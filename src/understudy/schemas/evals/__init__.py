"""Evals, runs, graders and comparisons on the wire."""
