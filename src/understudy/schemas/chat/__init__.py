"""Chat Completions on the wire."""
