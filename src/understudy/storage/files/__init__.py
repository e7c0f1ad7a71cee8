"""Files in the database: whole ones, those that arrive in parts, and images."""
