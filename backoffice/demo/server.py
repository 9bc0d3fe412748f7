"""A small threaded web server for the demo. Production runs gunicorn."""

from __future__ import annotations

import threading
from typing import Self

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from backoffice.wsgi import application


class _Handler(WSGIRequestHandler):
    """Sends what it has at once: head and body are two small writes, and the second would wait 40 ms for the first one's receipt."""

    disable_nagle_algorithm = True


class DemoServer:
    """Serves the product on loopback in a thread. Use as a context manager."""

    def __init__(self, port: int) -> None:
        self._server = ThreadedWSGIServer(("127.0.0.1", port), _Handler)
        self._server.daemon_threads = True
        self._server.set_app(application)
        self._thread = threading.Thread(name="demo-web", target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_unused: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
