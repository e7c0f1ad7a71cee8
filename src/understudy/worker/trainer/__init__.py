"""The trainer process: job after job, from claim to a model that answers."""
