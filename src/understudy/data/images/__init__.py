"""Images: from bytes, data URLs and addresses to pictures that a model can be shown."""
