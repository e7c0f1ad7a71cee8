"""Rows that other trainers read: recognised by their keys and written as chat messages."""
