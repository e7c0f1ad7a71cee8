"""What a home needs before its first request: a schema, a project and a key."""

from understudy.config.settings import Settings
from understudy.errors import UnderstudyError
from understudy.ids import unix_now
from understudy.storage.database import Database
from understudy.storage.keys import create_key, has_keys, load_pepper, project_of_key, register_key
from understudy.storage.projects import create_project, list_projects

BOOTSTRAP_VARIABLE = "UNDERSTUDY_BOOTSTRAP_KEY"
_SHORTEST_KEY = 16


class BootstrapKeyError(UnderstudyError):
    """The key of the environment cannot be used; the text says why."""


def prepare_database(settings: Settings, bootstrap_key: str | None) -> str | None:
    """Migrate the database and make the default project and its key where there are none.

    `bootstrap_key` becomes the first key. Returns a key that was made up here and must be shown
    now, because it can never be shown again; None when there is nothing to show.
    """
    if bootstrap_key is not None and len(bootstrap_key) < _SHORTEST_KEY:
        raise BootstrapKeyError(
            f"{BOOTSTRAP_VARIABLE} has {len(bootstrap_key)} characters; a key that protects "
            f"anything has at least {_SHORTEST_KEY}."
        )
    pepper = load_pepper(settings.pepper_file)
    database = Database(settings.database_url)
    try:
        database.migrate()
        with database.write() as session:
            if not list_projects(session):
                create_project(session, "default", created_at=unix_now())
            project_id = list_projects(session)[0].id
            if not has_keys(session):
                if bootstrap_key is None:
                    return create_key(session, project_id, "first key", pepper=pepper)
                register_key(session, project_id, bootstrap_key, name="first key", pepper=pepper)
            elif bootstrap_key and project_of_key(session, bootstrap_key, pepper=pepper) is None:
                raise BootstrapKeyError(
                    f"{settings.home} has keys already, and the one in {BOOTSTRAP_VARIABLE} is not "
                    "among them. Leave the variable away, or use the key of the first start."
                )
        return None
    finally:
        database.close()
