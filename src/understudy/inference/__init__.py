"""Token ids in, token ids and log-probabilities out: the engine and the way to reach it."""
