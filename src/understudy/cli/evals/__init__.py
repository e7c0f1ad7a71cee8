"""`understudy evals`: create, run, watch, compare and export evals."""
