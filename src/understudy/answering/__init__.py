"""From a conversation to an answer: what is asked, of which model, and what comes back."""
