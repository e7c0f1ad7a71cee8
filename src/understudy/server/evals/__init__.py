"""Evals, runs, comparisons and graders over HTTP."""
