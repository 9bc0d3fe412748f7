"""What the ledger says of receiving. What a message changed is recorded with the change."""

from django.utils.translation import gettext_lazy as _

from audit.reads import watch
from audit.registry import AuditAction, register

TURNED_AWAY = register(
    AuditAction(
        code="intake.push.turned_away",
        label=_("Messages turned away"),
        sentence=_(
            "%(count)s requests to the address for ClassIn’s messages of %(target)s were turned away within an hour"
        ),
        outcome="denied",
        details=frozenset({"kind", "hour", "count"}),
        icon="ban",
    )
)
BROUGHT = register(
    AuditAction(
        code="intake.push.brought",
        label=_("New by message"),
        sentence=_("New by messages of %(target)s: %(count)s (ID %(ids)s)"),
        details=frozenset({"count", "ids", "messages"}),
        icon="inbox",
    )
)
FORGOTTEN = register(
    AuditAction(
        code="intake.push.forgotten",
        label=_("Unproven messages removed"),
        sentence=_(
            "%(count)s messages of %(target)s that nothing proved to come from ClassIn were removed after 30 days"
        ),
        details=frozenset({"count"}),
        icon="trash-2",
    )
)
DROPPED = register(
    AuditAction(
        code="intake.push.dropped",
        label=_("Old messages removed"),
        sentence=_(
            "%(count)s messages of %(target)s that need nothing any more were removed after %(days)s days"
        ),
        details=frozenset({"count", "days"}),
        icon="trash-2",
    )
)
RETRIED = register(
    AuditAction(
        code="intake.message.retried",
        label=_("Message tried again"),
        sentence=_("%(actor)s had the message %(target)s worked off again"),
        details=frozenset({"reason"}),
        icon="refresh-cw",
        together=True,
    )
)
RETRY_DENIED = register(
    AuditAction(
        code="intake.message.denied",
        label=_("Trying again refused"),
        sentence=_("%(actor)s may not have messages worked off again and was refused"),
        outcome="denied",
        details=frozenset({"why"}),
        icon="ban",
    )
)
MESSAGE_READ = register(
    AuditAction(
        code="intake.read.message",
        label=_("Message read"),
        sentence=_("%(actor)s opened messages that ClassIn pushed"),
        details=frozenset({"path"}),
        icon="eye",
    )
)

watch("intake_pushmessage_change", MESSAGE_READ)
