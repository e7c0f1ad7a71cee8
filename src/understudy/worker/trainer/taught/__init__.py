"""Jobs that learn probabilities: what student and teacher read, and what the teacher says."""
