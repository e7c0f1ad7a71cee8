"""Training methods: values in, values and events out, without a database or a server."""
