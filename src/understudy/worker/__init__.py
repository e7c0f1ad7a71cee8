"""The processes that do the work: trainer, runner, and the supervisor that keeps all alive."""
