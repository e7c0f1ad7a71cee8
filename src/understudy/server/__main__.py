"""Runs the API of one home on a socket that its supervisor listens on."""

import argparse
import asyncio
import logging
import socket
import sys
from pathlib import Path

import uvicorn

from understudy.config.source import SettingsSource
from understudy.errors import UnderstudyError
from understudy.lifeline import end_when_orphaned
from understudy.logs import configure_logging
from understudy.pulse import keep_marking, start_pulse
from understudy.server.app import create_app
from understudy.server.assembly import open_services
from understudy.server.connections import HEAD_BYTES, BoundedConnection
from understudy.server.http.host_check import is_loopback

logger = logging.getLogger(__name__)

# Answers that are being made get this long to end when the server is asked to stop.
_GRACE_SECONDS = 5


def main() -> None:
    """Serve until asked to stop."""
    arguments = _parse_arguments()
    configure_logging()
    if arguments.parent_fd is not None:
        end_when_orphaned(arguments.parent_fd)
    try:
        services = open_services(SettingsSource(arguments.home))
    except UnderstudyError as error:
        sys.exit(error.message)
    listener = socket.socket(fileno=arguments.fd)
    host, port = listener.getsockname()[:2]
    app = create_app(services, only_local_hosts=is_loopback(host))
    logger.info("Listening on http://%s:%s", f"[{host}]" if ":" in host else host, port)
    config = server_config(app)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(uvicorn.Server(config), listener))


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    marking = asyncio.create_task(keep_marking(start_pulse().progress))
    await server.serve(sockets=[listener])
    marking.cancel()


def server_config(app: object) -> uvicorn.Config:
    """Return how the application is served, without an address."""
    return uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType]  uvicorn's own ASGI types are narrower
        http=BoundedConnection,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ws="none",
        log_config=None,
        # Its lines would carry the query strings of users.
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="understudy.server", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--fd", type=int, required=True, help="the listening socket")
    parser.add_argument("--parent-fd", type=int, help="end when the other end of this is closed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
