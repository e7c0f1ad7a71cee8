"""Chat Completions over HTTP, stored ones included."""
