"""Revisions 0020 to 0029."""
