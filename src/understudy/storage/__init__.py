"""All SQL, its migrations, and the bytes of files."""
