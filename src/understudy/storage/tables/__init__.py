"""The tables as typed rows; no queries."""
