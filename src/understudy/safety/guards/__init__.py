"""Guard models: how each is asked, how its answer is read, and which categories it can judge."""
