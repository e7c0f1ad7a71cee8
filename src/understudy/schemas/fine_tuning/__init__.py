"""Fine-tuning jobs on the wire."""
