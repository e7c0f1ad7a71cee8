"""Hyperparameters, "auto", learning rates and estimates, shared by server and trainer; no torch."""
