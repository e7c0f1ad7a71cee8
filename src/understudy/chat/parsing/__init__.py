"""From generated token ids back to text, reasoning and tool calls."""
