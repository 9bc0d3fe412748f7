"""What the ledger says of runs, holds and the stop switch; each operation's own actions come with its registration."""

from django.utils.translation import gettext_lazy as _

from audit.registry import AuditAction, register

RUN_FINISHED = register(
    AuditAction(
        code="operations.run.finished",
        label=_("Run finished"),
        sentence=_("Run R-%(run)s finished"),
        details=frozenset({"outcomes"}),
        icon="receipt-text",
    )
)
RUN_HALTED = register(
    AuditAction(
        code="operations.run.halted",
        label=_("Run halted"),
        sentence=_("Run R-%(run)s halted itself"),
        details=frozenset({"why", "note"}),
        icon="octagon-x",
    )
)
RUN_PAUSED = register(
    AuditAction(
        code="operations.run.paused",
        label=_("Run paused"),
        sentence=_("%(actor)s paused run R-%(run)s"),
        icon="pause",
    )
)
RUN_RESUMED = register(
    AuditAction(
        code="operations.run.resumed",
        label=_("Run resumed"),
        sentence=_("%(actor)s let run R-%(run)s go on"),
        icon="refresh-cw",
    )
)
RUN_CANCELLED = register(
    AuditAction(
        code="operations.run.cancelled",
        label=_("Rest of a run cancelled"),
        sentence=_("%(actor)s cancelled the rest of run R-%(run)s, %(count)s items"),
        outcome="cancelled",
        details=frozenset({"count"}),
        icon="circle-slash",
    )
)
HOLD_PLACED = register(
    AuditAction(
        code="operations.hold.placed",
        label=_("Hold placed"),
        sentence=_("%(actor)s put “%(target)s” on hold"),
        details=frozenset({"until"}),
        icon="lock",
    )
)
HOLD_RELEASED = register(
    AuditAction(
        code="operations.hold.released",
        label=_("Hold released"),
        sentence=_("%(actor)s released the hold on “%(target)s”"),
        icon="lock",
    )
)
HOLD_DENIED = register(
    AuditAction(
        code="operations.hold.denied",
        label=_("Hold refused"),
        sentence=_("%(actor)s may not place or release holds and was refused"),
        outcome="denied",
        details=frozenset({"why"}),
        icon="ban",
    )
)
DELETIONS_STOPPED = register(
    AuditAction(
        code="operations.switch.stopped",
        label=_("Deletions stopped"),
        sentence=_("%(actor)s stopped all deletions"),
        details=frozenset({"count"}),
        icon="octagon-x",
    )
)
DELETIONS_ALLOWED = register(
    AuditAction(
        code="operations.switch.allowed",
        label=_("Deletions allowed"),
        sentence=_("%(actor)s allowed deletions again"),
        icon="check",
    )
)
SWITCH_DENIED = register(
    AuditAction(
        code="operations.switch.denied",
        label=_("Stop switch refused"),
        sentence=_("%(actor)s was refused: the stop switch"),
        outcome="denied",
        details=frozenset({"why"}),
        icon="ban",
    )
)
LIST_EXPORTED = register(
    AuditAction(
        code="operations.list.exported",
        label=_("List exported"),
        sentence=_("%(actor)s downloaded the list of run %(run)s"),
        details=frozenset({"format"}),
        icon="download",
        single=True,
    )
)
