"""`python -m sandbox`: serve the three imitations on loopback until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from sandbox.credentials import environment
from sandbox.journal import DataMismatch
from sandbox.pushes import RESEND_SECONDS, check_address
from sandbox.server import NotLoopback, Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and serve; the exit code says whether that was possible."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="127.0.0.1 (the default) or ::1; nothing else")
    parser.add_argument("--port", type=int, default=8601)
    parser.add_argument(
        "--data", type=Path, help="directory that keeps the log, so that deleted stays deleted"
    )
    parser.add_argument(
        "--seed",
        default="demo",
        help="demo (the default), empty, bench:N (N video clips) or mirror:CLIPS,ASSETS,OUTPUTS,FOLDERS",
    )
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="how long every answer takes")
    parser.add_argument(
        "--push-to",
        metavar="URL",
        help="where ClassIn's messages go, on this machine; as /webhooks/classin/default/",
    )
    parser.add_argument(
        "--push-every",
        type=float,
        default=RESEND_SECONDS,
        metavar="S",
        help="seconds until a refused one comes again",
    )
    parser.add_argument(
        "--print-env", action="store_true", help="print the variables to connect with, and end"
    )
    options = parser.parse_args(arguments)
    if options.print_env:
        host = f"[{options.host}]" if ":" in options.host else options.host
        for name, value in environment(f"http://{host}:{options.port}").items():
            print(f"{name}={value}")
        return 0
    try:
        sandbox = Sandbox(
            seed=options.seed,
            host=options.host,
            port=options.port,
            data=options.data,
            latency_ms=options.latency,
        )
        if options.push_to:
            check_address(options.push_to)
    except (NotLoopback, DataMismatch, ValueError, OSError) as problem:
        print(f"sandbox: {problem}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with sandbox:
        if options.push_to:
            sandbox.push_to(options.push_to, resend_seconds=options.push_every)
        print(f"sandbox: imitated providers at {sandbox.url}, seed {sandbox.world.seed}", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
