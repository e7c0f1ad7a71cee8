"""Runs code of users where it can do no harm, or says that it cannot be run here."""
