"""Fine-tuning jobs over HTTP."""
