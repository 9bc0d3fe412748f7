"""What the ledger says of retention rules; each operation's own actions come with its registration."""

from django.utils.translation import gettext_lazy as _

from audit.registry import AuditAction, register

RULE_MADE = register(
    AuditAction(
        code="media_assets.retention_rule.made",
        label=_("Retention rule made"),
        sentence=_("%(actor)s made the retention rule “%(target)s”"),
        icon="calendar-clock",
    )
)
RULE_CHANGED = register(
    AuditAction(
        code="media_assets.retention_rule.changed",
        label=_("Retention rule changed"),
        sentence=_("%(actor)s changed the retention rule “%(target)s”"),
        icon="calendar-clock",
    )
)
RULE_SWITCHED_ON = register(
    AuditAction(
        code="media_assets.retention_rule.switched_on",
        label=_("Retention rule switched on"),
        sentence=_("%(actor)s switched the retention rule “%(target)s” on"),
        icon="check",
    )
)
RULE_SWITCHED_OFF = register(
    AuditAction(
        code="media_assets.retention_rule.switched_off",
        label=_("Retention rule switched off"),
        sentence=_("%(actor)s switched the retention rule “%(target)s” off"),
        details=frozenset({"withdrawn"}),
        icon="circle-slash",
    )
)
RULE_ANNOUNCED = register(
    AuditAction(
        code="media_assets.retention_rule.announced",
        label=_("Deletion announced"),
        sentence=_("The retention rule “%(target)s” announced %(count)s videos"),
        details=frozenset({"count", "due_at", "told"}),
        icon="calendar-clock",
    )
)
RULE_DENIED = register(
    AuditAction(
        code="media_assets.retention_rule.denied",
        label=_("Retention rule refused"),
        sentence=_("%(actor)s may not make or change retention rules and was refused"),
        outcome="denied",
        details=frozenset({"why"}),
        icon="ban",
    )
)
