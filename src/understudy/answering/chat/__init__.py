"""Chat Completions: the plan of a request, and its answer as wire objects."""
