"""Requests that this server makes to addresses which its users name."""
