"""From conversations to token ids, with a mask of what is learned."""
