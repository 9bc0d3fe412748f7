from collections.abc import Iterator

import pytest

from tests.providers.loopback import Loopback


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A server on the loopback interface that answers what the test queues."""
    loopback = Loopback()
    yield loopback
    loopback.stop()
