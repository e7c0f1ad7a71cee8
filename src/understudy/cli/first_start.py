"""Prepares a home for its first request: schema, project and API key."""

from understudy.config.settings import Settings
from understudy.errors import UnderstudyError
from understudy.ids import unix_now
from understudy.storage.database import Database
from understudy.storage.keys import create_key, has_keys, load_pepper, project_of_key, register_key
from understudy.storage.projects import create_project, list_projects
from understudy.wording import worded

BOOTSTRAP_VARIABLE = "UNDERSTUDY_BOOTSTRAP_KEY"
_MIN_KEY_CHARACTERS = 16


class BootstrapKeyError(UnderstudyError):
    """The key in the environment cannot be used; the text says why."""


def prepare_database(settings: Settings, bootstrap_key: str | None) -> str | None:
    """Migrate the database, and create the default project and its key where there are none.

    `bootstrap_key` becomes the first key. Returns a generated key, which must be shown now
    because it cannot be shown again; None when no key was generated.
    """
    if bootstrap_key is not None and len(bootstrap_key) < _MIN_KEY_CHARACTERS:
        raise BootstrapKeyError(
            worded(
                "cli.serve.characters_use_least",
                "{bootstrap_variable} has {bootstrap_key} characters; use at least "
                "{min_key_characters}.",
                bootstrap_variable=BOOTSTRAP_VARIABLE,
                bootstrap_key=len(bootstrap_key),
                min_key_characters=_MIN_KEY_CHARACTERS,
            )
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
                    worded(
                        "cli.serve.already_keys_one_not",
                        "{home} already has keys, and the one in "
                        "{bootstrap_variable} is not among them. Unset the variable, "
                        "or use the key of the first start.",
                        home=settings.home,
                        bootstrap_variable=BOOTSTRAP_VARIABLE,
                    )
                )
        return None
    finally:
        database.close()
