"""Copies of a home: made while its server runs, verified, and brought back."""
