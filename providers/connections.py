"""Connections that know two things urllib3 does not tell: was anything sent, and is the time up."""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

LONGEST_IDLE: Final = 15.0
"""Seconds after which a kept connection is not used again: a server that has just closed it would
leave us with a broken connection and no answer, for a request that cannot be repeated blindly."""


class NeverConnected(Exception):
    """No connection came about, so not a byte of the request was sent.

    It deliberately belongs to no family of urllib3 or requests: they wrap their own exceptions in a
    way that no longer tells whether the request had been sent.
    """


class _TimedReader(io.RawIOBase):
    """Reads a socket's file so that the whole answer, not each piece of it, has the read timeout."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        timeout = sock.gettimeout()
        self._deadline = None if timeout is None else time.monotonic() + timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _TimedResponse
    _last_used = 0.0

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPError, UnicodeError) as error:
            raise NeverConnected from error

    def getresponse(self) -> Any:
        self._last_used = time.monotonic()
        return super().getresponse()

    @property
    def is_connected(self) -> bool:
        idle = time.monotonic() - self._last_used
        return idle < LONGEST_IDLE and super().is_connected


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class OneTryAdapter(HTTPAdapter):
    """Sends every request exactly once, over watched connections; a full pool makes threads wait."""

    def __init__(self, pool_size: int) -> None:
        """Keep up to `pool_size` connections."""
        once = Retry(total=0, read=False, redirect=False, respect_retry_after_header=False)
        super().__init__(pool_connections=2, pool_maxsize=pool_size, pool_block=True, max_retries=once)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
