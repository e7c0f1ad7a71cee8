"""Weights: loading bases, attention, LoRA and checkpoints on disk."""
