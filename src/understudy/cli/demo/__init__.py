"""`understudy demo`: a small model learns two tasks through the API."""
