"""Base models on the wire: the catalogue, what is here, and what is being added."""
