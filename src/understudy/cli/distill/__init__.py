"""`understudy distill`: stored answers of a large model into a small one."""
