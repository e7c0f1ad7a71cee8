"""Queries on jobs, their events and their checkpoints."""
