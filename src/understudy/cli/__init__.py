"""The command line: `understudy serve`, `understudy demo` and thin clients of the HTTP API."""
