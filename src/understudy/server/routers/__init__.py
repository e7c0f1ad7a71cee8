"""The routes, one file per API resource; each parses, calls one service and answers."""
