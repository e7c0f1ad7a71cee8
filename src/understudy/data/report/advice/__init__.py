"""What a report advises: codes with lines and parameters, and their English words."""
