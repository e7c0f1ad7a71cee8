"""Records of an account elsewhere over HTTP."""
