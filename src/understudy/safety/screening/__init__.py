"""Screening of training files: which lines, what of each is judged, and what follows."""
