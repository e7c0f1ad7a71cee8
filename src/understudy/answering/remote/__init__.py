"""Remote models: the same plan goes in and the same pieces come out, made by another server."""
