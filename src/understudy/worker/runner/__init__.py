"""The runner process: evals and report cards."""
