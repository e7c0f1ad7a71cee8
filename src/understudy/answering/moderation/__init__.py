"""The moderation model that the operator configured: a guard, a judge, or a remote one."""
