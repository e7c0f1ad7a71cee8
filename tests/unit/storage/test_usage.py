from understudy.storage.database import Database
from understudy.storage.tables.jobs import UsageRow
from understudy.storage.usage import record_usage


def test_a_source_is_counted_once_for_each_kind(db: Database, project: str):
    for quantity in (5, 6):
        with db.write() as session:
            record_usage(
                session,
                source_id="ftjob-1",
                kind="trained_tokens",
                project_id=project,
                quantity=quantity,
                created_at=1,
            )
    with db.read() as session:
        assert session.get_one(UsageRow, ("ftjob-1", "trained_tokens")).quantity == 5
