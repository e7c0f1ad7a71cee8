"""What was written and never read is not kept any more: priorities, last heartbeats, usage."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Drop the columns and the table; jobs are found by their state and number alone."""
    op.drop_index("ix_jobs_status_priority_seq", "jobs")
    op.drop_column("jobs", "priority")
    op.create_index("ix_jobs_status_seq", "jobs", ["status", "seq"])
    op.drop_column("attempts", "heartbeat_at")
    op.drop_table("usage")
