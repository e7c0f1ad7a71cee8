"""Revisions 0030 to 0039."""
