"""Conversation: small talk, memory, rules, refusals and admitting not to know."""
