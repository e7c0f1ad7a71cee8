"""The schema's history: every database is brought to the newest revision step by step."""
