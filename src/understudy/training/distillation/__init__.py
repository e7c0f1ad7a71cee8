"""Distillation by probabilities: a student learns how likely its teacher finds every token."""
