"""An address at which nothing listens is said at once."""

from __future__ import annotations

import socket

import pytest

from fwd_report.errors import UnavailableError
from fwd_report.executors.cluster import require_answer


def test_an_address_that_does_not_answer_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        require_answer(address)
    with pytest.raises(UnavailableError, match=f"no Ray cluster answers at {address}"):
        require_answer(address)
    require_answer("auto")
