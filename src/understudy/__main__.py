"""Lets `python -m understudy` do what the `understudy` command does."""

from understudy.cli.main import app

app(prog_name="understudy")
