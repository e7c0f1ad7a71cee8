"""`understudy files`, `check` and `split`: training files on the command line."""
