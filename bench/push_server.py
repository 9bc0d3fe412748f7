"""`python -m bench.push_server PORT`: the web server and the worker of the embedded default, as one process, until SIGTERM."""

from __future__ import annotations

import signal
import sys
import threading


def main(port: int) -> None:
    """Serve on loopback."""
    import django  # noqa: PLC0415 - the environment comes first

    django.setup()
    from backoffice.demo.server import DemoServer  # noqa: PLC0415 - Django must be set up first
    from backoffice.embedded import EmbeddedWorker  # noqa: PLC0415 - as above

    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with EmbeddedWorker(), DemoServer(port):
        ended.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
