"""How a run is planned: hyperparameters, "auto", plans and estimates, for server and trainer."""
