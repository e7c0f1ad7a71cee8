"""Named chat templates, and which of them fits a base model."""
