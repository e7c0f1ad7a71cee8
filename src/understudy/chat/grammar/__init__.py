"""Constrained decoding: grammars for tool calls, schemas and the text around them."""
