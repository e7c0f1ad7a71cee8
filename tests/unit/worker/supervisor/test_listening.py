import asyncio
import socket
from contextlib import closing

import pytest

from understudy.worker.supervisor.listening import AddressError, listen


def test_port_zero_picks_a_free_port_that_accepts_connections():
    with closing(listen("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        assert address[1] > 0
        socket.create_connection(address, timeout=5).close()


async def nodelay_of_an_accepted_connection(listener: socket.socket) -> int:
    nodelay: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted = transport.get_extra_info("socket")
            nodelay.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    async with await asyncio.get_running_loop().create_server(Protocol, sock=listener):
        with socket.create_connection(listener.getsockname(), timeout=5):
            return await nodelay


def test_no_part_of_an_answer_waits_for_an_acknowledgement():
    with closing(listen("127.0.0.1", 0)) as listener:
        assert asyncio.run(nodelay_of_an_accepted_connection(listener)) != 0


def test_a_port_in_use_is_an_error_that_says_what_to_do():
    with closing(listen("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(AddressError, match=rf"Port {port} on 127.0.0.1 is in use.*--port"):
            listen("127.0.0.1", port)


def test_a_host_that_is_not_this_machine_is_an_error():
    with pytest.raises(AddressError, match="is not an address of this machine"):
        listen("192.0.2.1", 0)


def test_a_host_that_does_not_exist_is_an_error():
    with pytest.raises(AddressError, match="is not an address of this machine"):
        listen("no.such.host.invalid", 0)
