"""The built-in model that reads pictures: what is drawn for it, and how it is made."""
