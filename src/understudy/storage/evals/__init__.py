"""Queries on evals, runs, items and report cards."""
