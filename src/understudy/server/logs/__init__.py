"""Stored answers by date, below /v1/x/."""
