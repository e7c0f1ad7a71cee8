"""Dividing a training file into training and held-out examples."""
