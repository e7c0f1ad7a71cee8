"""What stands in the texts of examples that should not be learned."""
