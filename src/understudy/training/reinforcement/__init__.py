"""Reinforcement: answers are drawn and graded, and the better of a group are made likelier."""
