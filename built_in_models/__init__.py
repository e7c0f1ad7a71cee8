"""Generates the world of the built-in base models, pretrains them and measures them."""
