"""The sandbox as a server on loopback, for a process of its own or inside a test."""

from __future__ import annotations

import select
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from sandbox import control, credentials
from sandbox.application import CONTROL, ELSEWHERE, Application, Delivery
from sandbox.faults import Fault
from sandbox.journal import Journal, stored_world
from sandbox.pushes import RESEND_SECONDS, Queue
from sandbox.tables import ClassInTables, HuaweiVodTables, SyngrafiiTables
from sandbox.wire import Malformed, Request, Response, read_request
from sandbox.world import World

LOOPBACK = ("127.0.0.1", "::1")
IDLE_SECONDS = 120
LOOK_AT_PEER_EVERY = 0.1


class NotLoopback(ValueError):
    """The sandbox only ever listens on 127.0.0.1 or ::1."""


class Sandbox:
    """The three imitations on one port. Use it as a context manager, or `start` and `stop` it.

    `data` names a directory in which the log is kept; the next start with the same seed takes it up.
    Without `world` the seed decides; the empty one is filled through `classin`, `huawei_vod`, `syngrafii`.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        seed: str = "empty",
        port: int = 0,
        host: str = "127.0.0.1",
        data: Path | str | None = None,
        latency_ms: float = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make the world and bind the port. Raises NotLoopback, OSError, ValueError, DataMismatch."""
        check_loopback(host)
        directory = None if data is None else Path(data)
        if world is None:
            world = stored_world(directory, seed, clock()) if directory else World.from_seed(seed, clock())
        self.journal = Journal(directory)
        self.application = Application(world, self.journal, clock)
        self.application.latency_ms = latency_ms
        self._server = _Server((host, port), self.application)
        self._thread: threading.Thread | None = None

    @property
    def world(self) -> World:
        return self.application.world

    @property
    def classin(self) -> ClassInTables:
        return self.world.classin

    @property
    def huawei_vod(self) -> HuaweiVodTables:
        return self.world.huawei_vod

    @property
    def syngrafii(self) -> SyngrafiiTables:
        return self.world.syngrafii

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The root address, without a slash at the end."""
        host = str(self._server.server_address[0])
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def credentials(self, provider: str, account: str = "default") -> dict[str, str]:
        """Address and credentials of one provider; see `sandbox.credentials.settings_for`."""
        return credentials.settings_for(provider, self.url, account)

    def fault(
        self,
        provider: str,
        kind: str,
        *,
        call: str = "",
        match: dict[str, Any] | None = None,
        times: int | None = 1,
        **more: Any,
    ) -> None:
        """Make calls go wrong; see `Fault`. `times=None` lasts until cleared. Raises UnknownFault."""
        description = {
            "provider": provider,
            "kind": kind,
            "call": call,
            "match": match or {},
            "times": times,
            **more,
        }
        fault = Fault.from_json(description)
        with self.application.lock:
            self.application.faults.add(fault)

    def clear_faults(self) -> None:
        """Behave again."""
        with self.application.lock:
            self.application.faults.clear()

    def calls(self, provider: str = "", call: str = "") -> list[dict[str, Any]]:
        """Every received call, oldest first."""
        return [
            entry.as_json()
            for entry in list(self.journal.entries)
            if provider in ("", entry.provider) and call in ("", entry.call)
        ]

    def effects(self, provider: str = "") -> list[dict[str, Any]]:
        """The calls that changed something."""
        return [entry for entry in self.calls(provider) if entry["effect"]]

    def change(self, kind: str, object_id: str, **fields: Any) -> None:
        """Change an object as a person in the provider's own dashboard would."""
        self.application.change_outside(kind, object_id, fields)

    def reset(self) -> None:
        """Back to the seed, with an empty log."""
        self.application.reset()

    def push_to(self, url: str, *, resend_seconds: float = RESEND_SECONDS) -> Queue:
        """Switch the data subscription of the ordinary school on; see `sandbox.pushes`."""
        return self.application.pushes.subscribe(url, resend_seconds=resend_seconds)

    def set_latency(self, ms: float) -> None:
        """Make every answer take this long; half of it passes before the effect, half after."""
        self.application.latency_ms = ms

    def set_clock_offset(self, seconds: float) -> None:
        """Put the providers' clock ahead of this machine's."""
        self.application.clock_offset = seconds

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Release every held connection, close all of them and stop listening."""
        self.application.stopping.set()
        self.application.pushes.stop()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.close_connections()
        self._server.server_close()
        with self.application.lock:
            self.journal.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def check_loopback(host: str) -> None:
    """Raises NotLoopback unless `host` is 127.0.0.1 or ::1."""
    if host not in LOOPBACK:
        raise NotLoopback(f"{host!r} is not served: use {' or '.join(LOOPBACK)}")


class _Connection(socketserver.StreamRequestHandler):
    """One client's connection, served in its own thread until either side closes it."""

    server: _Server
    connection: socket.socket
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def handle(self) -> None:
        try:
            while not self.server.application.stopping.is_set() and self._serve_one():
                pass
        except (OSError, ValueError):
            return  # the client went away, or we are stopping

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        try:
            super().finish()
        except OSError:
            return  # nobody is left to flush to

    def _serve_one(self) -> bool:
        """Serve one request; False when the connection is at its end."""
        try:
            request = read_request(self.rfile, self.connection)
        except Malformed as problem:
            self.connection.sendall(Response.html("", problem.status).bytes(keep_alive=False))
            return False
        if request is None:
            return False
        application = self.server.application
        if request.path.startswith(CONTROL) and request.path != ELSEWHERE:
            delivery = Delivery(control.handle(application, request))
        else:
            delivery = application.answer(request)
        return self._deliver(request, delivery)

    def _deliver(self, request: Request, delivery: Delivery) -> bool:
        if delivery.ending == "silent":
            self._hold(delivery.seconds)
            return False
        if delivery.ending == "reset" or delivery.response is None:
            self._reset()
            return False
        if delivery.seconds:
            self.server.application.stopping.wait(delivery.seconds)
        if delivery.ending == "truncated":
            whole = delivery.response.bytes(keep_alive=False)
            self.connection.sendall(whole[: len(whole) - max(1, len(delivery.response.body) // 2)])
            return False
        self.connection.sendall(delivery.response.bytes(keep_alive=request.keep_alive))
        return request.keep_alive

    def _hold(self, seconds: float) -> None:
        """Keep silent until the time is over, the client gives up or the sandbox stops."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.server.application.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], min(left, LOOK_AT_PEER_EVERY))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return
            if readable:
                self.server.application.stopping.wait(LOOK_AT_PEER_EVERY)

    def _reset(self) -> None:
        """End the connection by RST, so that the client sees a reset and not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], application: Application) -> None:
        self.application = application
        self.connections: set[socket.socket] = set()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Connection)

    def close_connections(self) -> None:
        """Wake every thread that waits for its client."""
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it went away by itself

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that may have been reset already."""
        try:
            super().shutdown_request(request)
        except OSError:
            return
