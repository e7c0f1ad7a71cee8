"""The kinds of tasks that the built-in base models learn, one per file."""
