"""Queries on safety checks and releases of tuned models, and what their cards say."""
