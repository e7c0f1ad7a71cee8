import socket
from contextlib import closing

import pytest

from understudy.worker.listening import AddressError, listen


def test_port_zero_picks_a_free_port_that_accepts_connections():
    with closing(listen("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        assert address[1] > 0
        socket.create_connection(address, timeout=5).close()


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
