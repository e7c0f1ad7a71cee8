"""What a model thought, in a form that its user can keep for this server but not read or change."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class UnreadableSealError(ValueError):
    """It was not sealed here for this project, or was changed since."""


class ReasoningSeal:
    """The `encrypted_content` of one project's reasoning items.

    The key is derived (HKDF, RFC 5869) from the server's pepper and the project, so that nothing
    has to be stored and no other project can read it.
    """

    def __init__(self, pepper: bytes, project_id: str) -> None:
        derived = HKDF(SHA256(), length=32, salt=None, info=f"reasoning of {project_id}".encode())
        self._fernet = Fernet(urlsafe_b64encode(derived.derive(pepper)))

    def close(self, text: str) -> str:
        """Return the text sealed."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return the text again; raises UnreadableSealError."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise UnreadableSealError from error
