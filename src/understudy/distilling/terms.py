"""Which models' answers may not be learned, as the operator of this server marked them."""

from collections.abc import Mapping

from understudy.answering.models import ServedModels
from understudy.errors import PermissionDeniedError
from understudy.registry.remote_models import RemoteEndpoint

Remotes = Mapping[str, RemoteEndpoint]


def why_forbidden(remotes: Remotes, model: str) -> str | None:
    """Return why stored answers of a model may not be learned, or None where they may."""
    marked = (each for each in remotes.values() if not each.may_train and each.gave(model))
    found = next(marked, None)
    return None if found is None else _words(found)


def check_teacher(served: ServedModels, project_id: str, teacher: str | None) -> None:
    """Raise PermissionDeniedError for a teacher that is marked, also under an alias; blocks."""
    if teacher is None:
        return
    asked = served.remote_of(project_id, teacher)
    if asked is not None and not asked.may_train:
        raise _denied(_words(asked))
    # The name that its stored answers carry need be none that can be asked.
    reason = why_forbidden(served.catalogue().remotes, teacher)
    if reason is not None:
        raise _denied(reason)


def _denied(reason: str) -> PermissionDeniedError:
    return PermissionDeniedError(reason, code="may_not_train", param="teacher")


def _words(endpoint: RemoteEndpoint) -> str:
    return (
        f"{endpoint.words} is marked with may_train = false: whoever runs this server says that "
        "its terms forbid to train on its answers. Choose another teacher."
    )
