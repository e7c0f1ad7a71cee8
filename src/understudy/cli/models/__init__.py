"""`understudy models`: list, add and delete models."""
