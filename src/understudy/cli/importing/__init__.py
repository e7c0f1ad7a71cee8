"""`understudy import`: takes along what an account at OpenAI still gives."""
