"""The forward pass of serving: attention over slots, KV cache, adapters, packed weights."""
