"""The demo: one foreground process with web, worker, sweeper and, as its child, the imitated providers."""

import time

STARTED = time.monotonic()
