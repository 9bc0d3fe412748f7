"""What the ledger can say of spreadsheets that came in."""

from django.utils.translation import gettext_lazy as _

from audit.registry import AuditAction, register

_COUNTS = frozenset({"new", "changed", "kept", "unchanged", "wrong"})
_FILE = frozenset({"kind", "file", "sha256", "account"})

UPLOADED = register(
    AuditAction(
        code="intake.import.uploaded",
        label=_("Spreadsheet uploaded"),
        sentence=_("%(actor)s uploaded “%(file)s” for an import (%(target)s)"),
        details=_FILE | {"bytes", "as_of"},
        icon="upload",
    )
)
MAPPED = register(
    AuditAction(
        code="intake.import.mapped",
        label=_("Columns of an import chosen"),
        sentence=_("%(actor)s chose the columns of %(target)s"),
        details=frozenset({"columns"}),
        icon="list",
    )
)
CHECKED = register(
    AuditAction(
        code="intake.import.checked",
        label=_("Dry run of an import finished"),
        sentence=_("The dry run of %(target)s for %(actor)s is over: %(wrong)s of %(count)s rows are wrong"),
        outcome="done",
        details=_COUNTS | {"count", "sha256"},
        icon="eye",
    )
)
STARTED = register(
    AuditAction(
        code="intake.import.started",
        label=_("Import started"),
        sentence=_("%(actor)s had %(target)s applied"),
        details=_COUNTS | {"count", "sha256"},
        icon="play",
    )
)
PART_APPLIED = register(
    AuditAction(
        code="intake.import.part_applied",
        label=_("Part of an import applied"),
        sentence=_("Rows %(first)s to %(last)s of %(target)s were taken in for %(actor)s"),
        details=_COUNTS | {"first", "last"},
        icon="upload",
    )
)
APPLIED = register(
    AuditAction(
        code="intake.import.applied",
        label=_("Import applied"),
        sentence=_("%(target)s was applied for %(actor)s: %(new)s rows new, %(changed)s changed"),
        outcome="done",
        details=_COUNTS | _FILE | {"count", "as_of"},
        icon="check",
    )
)
DISCARDED = register(
    AuditAction(
        code="intake.import.discarded",
        label=_("Import discarded"),
        sentence=_("%(actor)s discarded %(target)s"),
        details=frozenset({"sha256"}),
        icon="trash-2",
    )
)
STOPPED = register(
    AuditAction(
        code="intake.import.stopped",
        label=_("Import stopped"),
        sentence=_("%(target)s stopped after row %(row)s"),
        details=frozenset({"row", "why"}),
        icon="octagon-x",
    )
)
RESUMED = register(
    AuditAction(
        code="intake.import.resumed",
        label=_("Import goes on"),
        sentence=_("%(actor)s let %(target)s go on"),
        details=frozenset({"row"}),
        icon="refresh-cw",
    )
)
ROWS_EXPORTED = register(
    AuditAction(
        code="intake.import.exported",
        label=_("Rows of an import exported"),
        sentence=_("%(actor)s exported rows of %(target)s (%(format)s)"),
        details=frozenset({"format", "show"}),
        icon="download",
    )
)
DENIED = register(
    AuditAction(
        code="intake.import.denied",
        label=_("Import refused"),
        sentence=_("%(actor)s was refused: importing into the mirror"),
        outcome="denied",
        details=frozenset({"why", "note"}),
        icon="ban",
    )
)
