"""The life of a fine-tuning job: created, claimed, reported on, ended once."""
