"""Settings of one home directory, read from `understudy.toml`."""
