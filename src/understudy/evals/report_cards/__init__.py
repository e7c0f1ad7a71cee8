"""The report card of a job: base and tuned model on held-out examples."""
