"""Why the engine does not do what was asked: a sentence for the person, and the form field it belongs to."""

from django.utils.functional import Promise


class Refused(Exception):
    """The request cannot go on as it is; nothing was changed. `field` names the input that would help, if one does."""

    def __init__(self, code: str, message: str | Promise, *, field: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field
