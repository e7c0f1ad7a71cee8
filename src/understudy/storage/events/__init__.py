"""Events in the database: what happened, and what is sent of it."""
