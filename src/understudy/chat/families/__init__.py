"""How model families write answers and tool calls, found from their chat templates."""
