"""`understudy backup`, `restore` and `doctor`: what keeps a home whole."""
