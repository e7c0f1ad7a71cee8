"""Safety checks of tuned models: what is measured, what that says, and who released what."""
