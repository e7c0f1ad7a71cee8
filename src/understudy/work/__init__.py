"""Work by lease: rows that a process claims, keeps alive while it works on them, and gives back."""
