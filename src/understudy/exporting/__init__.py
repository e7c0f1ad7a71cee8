"""Models out of here as a PEFT adapter, merged weights or GGUF, each loaded again and compared."""
