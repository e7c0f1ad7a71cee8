"""HTTP in and out: the API that OpenAI's clients call."""
