"""Text similarity metrics, each equal to its published original."""
