"""Images as a model sees them: pixels, the features of its frozen tower, and where they go."""
