"""Lines of a training file changed, which makes a new file."""
