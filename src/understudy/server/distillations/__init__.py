"""Distillations over HTTP."""
