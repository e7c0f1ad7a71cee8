"""Reinforcement: a model's answers are drawn and graded, and those above their group made likelier."""
