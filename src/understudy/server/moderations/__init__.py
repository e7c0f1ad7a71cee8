"""Moderations: texts judged by the moderation model that the operator configured."""
