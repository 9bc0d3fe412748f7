"""The one place where a provider is called: on a pool thread, without a database connection or a transaction."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from operations.engine.claim import Request
from operations.models import Attempt
from operations.operation import Seen
from providers.outcome import ProviderError, Reply

logger = logging.getLogger(__name__)

_RUNS_AT_ONCE = 4
"""How many runs of one account a process works off at once without a claimed request waiting for a thread."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Our own code failed around the call: whether the provider did it is not known."""

    error: str


Answer = Reply[Any] | Seen | ProviderError | Broken


def send(client: Any, request: Request) -> tuple[Request, Answer]:
    """Make the call (or the look) and bring back whatever came of it; never raises."""
    try:
        if request.attempt.purpose == Attempt.Purpose.LOOK:
            return request, request.operation.look(client, request.items[0])
        return request, request.operation.call(client, request.items)
    except ProviderError as answer:
        return request, answer
    except Exception as error:
        logger.exception("Attempt %s failed in our own code", request.attempt.pk)
        return request, Broken(type(error).__name__)


@lru_cache(maxsize=64)
def pool(account_id: int) -> ThreadPoolExecutor:
    """The long-lived threads of one account in this process; made on first use, so after any fork."""
    return ThreadPoolExecutor(
        _RUNS_AT_ONCE * settings.OPERATIONS["in_flight"], thread_name_prefix=f"account-{account_id}"
    )
