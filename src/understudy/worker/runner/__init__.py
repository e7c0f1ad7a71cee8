"""The runner process: evals, report cards and exports."""
