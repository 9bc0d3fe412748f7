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
RUN_SIGNED = register(
    AuditAction(
        code="operations.run.signed",
        label=_("Proposal taken over"),
        sentence=_("%(actor)s took over plan P-%(run)s, which nobody had asked for yet"),
        details=frozenset({"proposed_by", "count", "left_out"}),
        icon="pencil",
    )
)
RUN_REPLACED = register(
    AuditAction(
        code="operations.run.replaced",
        label=_("Proposal replaced"),
        sentence=_("A newer proposal took the place of plan P-%(run)s"),
        outcome="cancelled",
        details=frozenset({"proposed_by", "by_run"}),
        icon="refresh-cw",
    )
)
RUN_WITHDRAWN = register(
    AuditAction(
        code="operations.run.withdrawn",
        label=_("Proposal withdrawn"),
        sentence=_("Plan P-%(run)s was withdrawn before anybody took it over"),
        outcome="cancelled",
        details=frozenset({"proposed_by"}),
        icon="circle-slash",
    )
)
RUN_APPROVED = register(
    AuditAction(
        code="operations.run.approved",
        label=_("Run approved"),
        sentence=_("%(actor)s approved run R-%(run)s"),
        details=frozenset({"digest"}),
        icon="users-round",
    )
)
RUN_SENT_BACK = register(
    AuditAction(
        code="operations.run.sent_back",
        label=_("Run sent back"),
        sentence=_("%(actor)s sent run R-%(run)s back"),
        details=frozenset({"digest"}),
        icon="undo-2",
    )
)
RUN_APPROVAL_EXPIRED = register(
    AuditAction(
        code="operations.run.approval_expired",
        label=_("Approval ran out"),
        sentence=_("Nobody approved run R-%(run)s in time; it is cancelled"),
        outcome="cancelled",
        details=frozenset({"count"}),
        icon="hourglass",
    )
)
RUN_SCHEDULED = register(
    AuditAction(
        code="operations.run.scheduled",
        label=_("Waiting time began"),
        sentence=_("The waiting time of run R-%(run)s began"),
        details=frozenset({"not_before", "wait_seconds"}),
        icon="hourglass",
    )
)
RUN_STARTED = register(
    AuditAction(
        code="operations.run.started",
        label=_("Waiting time over"),
        sentence=_("The waiting time of run R-%(run)s is over; it starts"),
        icon="activity",
    )
)
POLICY_CHANGED = register(
    AuditAction(
        code="operations.policy.changed",
        label=_("Limits changed"),
        sentence=_("%(actor)s changed limits and waiting time"),
        icon="settings",
    )
)
POLICY_LOWERED = register(
    AuditAction(
        code="operations.policy.lowered",
        label=_("Limits lowered"),
        sentence=_("%(actor)s lowered limits or waiting time of deletions"),
        details=frozenset({"lowered"}),
        icon="triangle-alert",
    )
)
POLICY_PROPOSED = register(
    AuditAction(
        code="operations.policy.proposed",
        label=_("Lower limits proposed"),
        sentence=_("%(actor)s proposed lower limits or waiting time; a second person decides"),
        details=frozenset({"lowered"}),
        icon="users-round",
    )
)
POLICY_APPROVED = register(
    AuditAction(
        code="operations.policy.approved",
        label=_("Lower limits approved"),
        sentence=_("%(actor)s approved lower limits or waiting time that %(proposer)s had proposed"),
        details=frozenset({"lowered", "proposer"}),
        icon="triangle-alert",
    )
)
POLICY_WITHDRAWN = register(
    AuditAction(
        code="operations.policy.withdrawn",
        label=_("Proposed limits withdrawn"),
        sentence=_("%(actor)s withdrew the lower limits that %(proposer)s had proposed"),
        outcome="cancelled",
        details=frozenset({"proposer"}),
        icon="circle-slash",
    )
)
POLICY_PROPOSAL_EXPIRED = register(
    AuditAction(
        code="operations.policy.proposal_expired",
        label=_("Proposed limits ran out"),
        sentence=_("Nobody approved the lower limits of %(proposer)s in time"),
        outcome="cancelled",
        details=frozenset({"proposer"}),
        icon="hourglass",
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
PLAN_CHANGED = register(
    AuditAction(
        code="operations.plan.changed",
        label=_("Ticks changed"),
        sentence=_("%(actor)s changed what goes in plan P-%(run)s"),
        details=frozenset({"out", "back", "why"}),
        icon="list",
    )
)
PLAN_CHECKED = register(
    AuditAction(
        code="operations.plan.checked",
        label=_("Plan checked again"),
        sentence=_("%(actor)s checked plan P-%(run)s again"),
        details=frozenset({"count"}),
        icon="refresh-cw",
    )
)
LOOK_ASKED = register(
    AuditAction(
        code="operations.look.asked",
        label=_("Fresh look asked for"),
        sentence=_("%(actor)s asked the providers what of plan P-%(run)s is still there"),
        details=frozenset({"count"}),
        icon="eye",
    )
)
LOOK_ENDED = register(
    AuditAction(
        code="operations.look.ended",
        label=_("Fresh look ended"),
        sentence=_("The providers were asked what of plan P-%(run)s is still there"),
        details=frozenset({"gone", "there", "unclear", "unreadable"}),
        icon="eye",
    )
)
ROWS_EXPORTED = register(
    AuditAction(
        code="operations.rows.exported",
        label=_("Rows of a list exported"),
        sentence=_("%(actor)s exported a list (%(format)s)"),
        details=frozenset({"list", "format", "filter", "query"}),
        icon="download",
    )
)
ROWS_EXPORT_FINISHED = register(
    AuditAction(
        code="operations.rows.export_finished",
        label=_("List export written"),
        sentence=_("A list that %(actor)s exported was written to its end: %(count)s rows (%(format)s)"),
        outcome="done",
        details=frozenset({"list", "format", "filter", "query", "count"}),
        icon="download",
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
RECEIPT_EXPORTED = register(
    AuditAction(
        code="operations.receipt.exported",
        label=_("Receipt exported"),
        sentence=_("%(actor)s downloaded the receipt of run R-%(run)s"),
        details=frozenset({"format"}),
        icon="receipt-text",
        single=True,
    )
)
SELECTION_MADE = register(
    AuditAction(
        code="operations.selection.made",
        label=_("Selected by IDs"),
        sentence=_("%(actor)s looked up %(count)s IDs for a plan"),
        details=frozenset({"count", "found", "unknown", "ambiguous", "source"}),
        icon="list",
    )
)
SELECTION_EXPORTED = register(
    AuditAction(
        code="operations.selection.exported",
        label=_("Unknown IDs exported"),
        sentence=_("%(actor)s downloaded %(count)s IDs that are in no plan"),
        details=frozenset({"count", "format"}),
        icon="download",
    )
)
