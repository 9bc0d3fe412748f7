"""Lines of the log files. A traceback may quote what somebody sent; what looks like a credential is starred out."""

from __future__ import annotations

import logging

from providers.scrubbing import without_credentials


class ScrubbedFormatter(logging.Formatter):
    """The line with its traceback, without credentials."""

    def format(self, record: logging.LogRecord) -> str:
        return without_credentials(super().format(record))
