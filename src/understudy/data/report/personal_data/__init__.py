"""Secrets and personal data in texts: counted with their lines, never shown."""
