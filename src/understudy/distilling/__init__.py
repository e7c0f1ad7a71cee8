"""Distillation: stored answers of one model, selected and cleaned, are learned by another."""
