"""Continuous batching: the scheduler, one step of the engine, and what rows share."""
