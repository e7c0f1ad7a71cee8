"""A small https server on the loopback address that misbehaves as it is asked to."""

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.pictures import drawn

HOST = "pictures.example.com"
PICTURE = drawn()
SLOW_SECONDS = 0.05


@dataclass
class Web:
    """The server: what it was asked, and how to reach it."""

    port: int
    tls: ssl.SSLContext
    asked: list[str] = field(default_factory=list[str])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.headers['host']}{self.path}")
        with suppress(OSError):
            self._answer(self.path.partition("?")[0].strip("/").split("/"))

    def _answer(self, words: list[str]) -> None:
        match words:
            case ["to", *rest]:
                self._head(302, {"Location": "/" + "/".join(rest), "Content-Length": "0"})
            case ["away", host]:
                self._head(302, {"Location": f"https://{host}/a.png", "Content-Length": "0"})
            case ["plain"]:
                self._head(302, {"Location": f"http://{HOST}/a.png", "Content-Length": "0"})
            case ["round"]:
                self._head(302, {"Location": "/round", "Content-Length": "0"})
            case ["page"]:
                self._body(b"<html>", "text/html")
            case ["large"]:
                self._head(200, {"Content-Type": "image/png"})
                for _ in range(64):
                    self.wfile.write(b"0" * 1024 * 1024)
            case ["slow"]:
                self._head(200, {"Content-Type": "image/png", "Content-Length": "1000"})
                for _ in range(1000):
                    self.wfile.write(b"0")
                    self.wfile.flush()
                    time.sleep(SLOW_SECONDS)
            case ["slow", "endless"]:
                self._head(200, {"Content-Type": "image/png"})
                self.wfile.write(PICTURE)
                for _ in range(1000):
                    self.wfile.write(b"0")
                    self.wfile.flush()
                    time.sleep(SLOW_SECONDS)
            case ["slowhead"]:
                for letter in b"HTTP/1.1 200 OK\r\nA: " + b"a" * 1000:
                    self.wfile.write(bytes([letter]))
                    self.wfile.flush()
                    time.sleep(SLOW_SECONDS)
            case ["short"]:
                self._head(200, {"Content-Type": "image/png", "Content-Length": "1000"})
                self.wfile.write(PICTURE)
                self.close_connection = True
            case ["heads"]:
                self._head(200, {f"X-{n}": "a" for n in range(1000)})
            case ["junk"]:
                self.wfile.write(b"\0\1\2 this is no HTTP\r\n\r\n")
                self.close_connection = True
            case ["status", code]:
                self._head(int(code), {"Content-Length": "0"})
            case _:
                self._body(PICTURE, "image/png")

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True

    def _body(self, content: bytes, kind: str) -> None:
        self._head(200, {"Content-Type": kind, "Content-Length": str(len(content))})
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(directory: Path) -> Generator[Web]:
    """Serve until the end of the context, with a certificate for HOST."""
    certificate = _write_certificate(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    _Handler.asked.clear()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    trusting = ssl.create_default_context(cafile=str(certificate))
    yield Web(port=server.server_address[1], tls=trusting, asked=_Handler.asked)
    server.shutdown()
    server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    address_family = socket.AF_INET

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up on what is too slow or too large."""


def _write_certificate(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path
