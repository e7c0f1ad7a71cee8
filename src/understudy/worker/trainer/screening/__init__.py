"""Screening of a job's training file by the moderation model, before it is trained on."""
