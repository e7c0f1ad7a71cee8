"""Kinds of tasks that no built-in base model has seen: fine-tuning has to teach them."""
