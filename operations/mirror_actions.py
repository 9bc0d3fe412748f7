"""What the ledger says of objects that others changed at a provider, and of those that went or came back."""

from django.utils.translation import gettext_lazy as _

from audit.registry import AuditAction, register

_WHEN = frozenset({"at"})

CHANGED_BY_PUSH = register(
    AuditAction(
        code="mirror.changed.by_push",
        label=_("Changed by others, pushed"),
        sentence=_("The provider told that somebody changed “%(target)s”"),
        details=_WHEN,
        icon="refresh-cw",
        together=True,
    )
)
CHANGED_BY_READING = register(
    AuditAction(
        code="mirror.changed.by_reading",
        label=_("Changed by others, read"),
        sentence=_("A reading showed that somebody changed “%(target)s”"),
        details=_WHEN,
        icon="refresh-cw",
        together=True,
    )
)
CHANGED_BY_IMPORT = register(
    AuditAction(
        code="mirror.changed.by_import",
        label=_("Other values imported"),
        sentence=_("An import brought other values of “%(target)s”"),
        details=_WHEN,
        icon="refresh-cw",
        together=True,
    )
)
MISSING = register(
    AuditAction(
        code="mirror.missing",
        label=_("Missing at the provider"),
        sentence=_("“%(target)s” is missing: a complete reading did not show it"),
        details=frozenset({"at", "how", "reading_began", "last_seen"}),
        icon="circle-help",
        together=True,
    )
)
CAME_BACK = register(
    AuditAction(
        code="mirror.came_back",
        label=_("Came back at the provider"),
        sentence=_("“%(target)s”, which was missing, is there again"),
        details=frozenset({"at", "missing_since"}),
        icon="undo-2",
        together=True,
    )
)
GONE = register(
    AuditAction(
        code="mirror.gone",
        label=_("Deleted at the provider"),
        sentence=_("The provider lists “%(target)s” as deleted"),
        details=_WHEN,
        icon="circle-slash",
        together=True,
    )
)
SHOWN_AGAIN = register(
    AuditAction(
        code="mirror.shown_again",
        label=_("Shown again although deleted"),
        sentence=_("The provider shows “%(target)s” again, which we hold as deleted"),
        details=frozenset({"at", "deleted_at", "how"}),
        icon="triangle-alert",
        together=True,
    )
)
