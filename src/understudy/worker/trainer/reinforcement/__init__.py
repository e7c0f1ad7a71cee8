"""Jobs that learn from graded answers: their prompts, graders, validations and events."""
