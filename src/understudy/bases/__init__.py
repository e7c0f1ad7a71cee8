"""Adding base models to a home: where they come from, what they need, and when one may go."""
