"""The life of an eval run: created, held by a runner for a time, recorded item by item, ended."""
