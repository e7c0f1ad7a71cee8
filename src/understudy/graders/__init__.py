"""Graders: a score for a model's answer, with the evidence for it; no database, no server."""
