"""Texts: copying, extracting, classifying and rewriting."""
