"""What the ledger says of readings."""

from django.utils.translation import gettext_lazy as _

from audit.registry import AuditAction, register

_FIGURES = frozenset(
    {
        "reading",
        "scope",
        "complete",
        "requests",
        "new",
        "changed",
        "missing",
        "back",
        "gone",
        "by_kind",
        "problems",
    }
)

READING_STARTED = register(
    AuditAction(
        code="intake.reading.started",
        label=_("Reading started"),
        sentence=_("%(actor)s had “%(target)s” read"),
        details=frozenset({"reading", "scope"}),
        icon="refresh-cw",
    )
)
READING_FINISHED = register(
    AuditAction(
        code="intake.reading.finished",
        label=_("Reading finished"),
        sentence=_("“%(target)s” was read: %(new)s new, %(changed)s changed, %(missing)s missing"),
        details=_FIGURES,
        icon="circle-check",
    )
)
READING_FAILED = register(
    AuditAction(
        code="intake.reading.failed",
        label=_("Reading failed"),
        sentence=_("The reading of “%(target)s” ended before its time"),
        outcome="failed",
        details=_FIGURES | {"why"},
        icon="octagon-x",
    )
)
READING_CANCELLED = register(
    AuditAction(
        code="intake.reading.cancelled",
        label=_("Reading cancelled"),
        sentence=_("%(actor)s cancelled the reading of “%(target)s”"),
        outcome="cancelled",
        details=_FIGURES,
        icon="circle-slash",
    )
)
READING_DENIED = register(
    AuditAction(
        code="intake.reading.denied",
        label=_("Reading refused"),
        sentence=_("%(actor)s may not have the providers read and was refused"),
        outcome="denied",
        details=frozenset({"why"}),
        icon="ban",
    )
)
