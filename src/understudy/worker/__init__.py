"""The processes that do the work: the trainer, and the supervisor that keeps all of them alive."""
