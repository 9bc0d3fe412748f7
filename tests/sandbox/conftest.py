from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Empty imitations of the three providers."""
    with Sandbox() as running:
        yield running
