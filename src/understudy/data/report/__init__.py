"""The report on a training file: everything worth knowing before training on it."""
