"""Safety checks: what is judged, by whom, and what was not judged."""
