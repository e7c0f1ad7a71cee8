"""`understudy batch`: a file of requests, answered by the server when it has nothing else to do."""
