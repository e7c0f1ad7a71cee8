"""Requests and answers that other programs logged, as stored completions."""
