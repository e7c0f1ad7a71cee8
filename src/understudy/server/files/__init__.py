"""Files: upload, list, download, split, and the report of a training file."""
