"""Texts as vectors: which models make them, what they are given and what they give."""
