"""Training files: from bytes to examples, every complaint with its line."""
