"""One line of a training file, one module for each format, and what can be wrong with it."""
