"""The ledger's own actions: access, log-in, rights."""

from django.utils.translation import gettext_lazy as _

from audit.registry import AuditAction, register

ACCESS_REFUSED = register(
    AuditAction(
        code="audit.access.refused",
        label=_("Access refused"),
        sentence=_("%(actor)s was refused: %(method)s %(path)s"),
        outcome="denied",
        details=frozenset({"path", "method"}),
        icon="ban",
    )
)
SIGNED_IN = register(
    AuditAction(
        code="audit.session.signed_in",
        label=_("Signed in"),
        sentence=_("%(actor)s signed in"),
        icon="users-round",
    )
)
SIGNED_OUT = register(
    AuditAction(
        code="audit.session.signed_out",
        label=_("Signed out"),
        sentence=_("%(actor)s signed out"),
        icon="users-round",
    )
)
SIGN_IN_FAILED = register(
    AuditAction(
        code="audit.session.refused",
        label=_("Sign-in refused"),
        sentence=_("A sign-in as “%(username)s” was refused"),
        outcome="denied",
        details=frozenset({"username"}),
        icon="ban",
    )
)
LOCKED_OUT = register(
    AuditAction(
        code="audit.session.locked_out",
        label=_("Locked out"),
        sentence=_("“%(username)s” was locked out after too many refused sign-ins"),
        outcome="denied",
        details=frozenset({"username"}),
        icon="lock",
    )
)
RIGHTS_CHANGED = register(
    AuditAction(
        code="audit.rights.changed",
        label=_("Rights changed"),
        sentence=_("%(actor)s changed %(target)s"),
        icon="users-round",
    )
)
PERSONAL_ERASED = register(
    AuditAction(
        code="audit.personal.erased",
        label=_("Personal values erased"),
        sentence=_("%(actor)s erased personal values from %(count)s records"),
        outcome="done",
        details=frozenset({"records", "groups", "count"}),
        icon="trash-2",
    )
)
ERASURE_ASKED = register(
    AuditAction(
        code="audit.erasure.asked",
        label=_("Erasure asked for"),
        sentence=_("%(actor)s asked to erase personal values of %(target)s from %(count)s records"),
        details=frozenset({"count", "groups"}),
        icon="trash-2",
    )
)
ERASURE_APPROVED = register(
    AuditAction(
        code="audit.erasure.approved",
        label=_("Erasure approved"),
        sentence=_("%(actor)s approved the erasure of personal values of %(target)s"),
        details=frozenset({"count", "groups"}),
        icon="trash-2",
    )
)
ERASURE_WITHDRAWN = register(
    AuditAction(
        code="audit.erasure.withdrawn",
        label=_("Erasure withdrawn"),
        sentence=_("%(actor)s withdrew the erasure of personal values of %(target)s"),
        icon="undo-2",
    )
)
ERASURE_DENIED = register(
    AuditAction(
        code="audit.erasure.denied",
        label=_("Erasure refused"),
        sentence=_("%(actor)s was refused: erasing personal values"),
        outcome="denied",
        details=frozenset({"why"}),
        icon="ban",
    )
)
LOG_READ = register(
    AuditAction(
        code="audit.read.log",
        label=_("Audit log read"),
        sentence=_("%(actor)s read the audit log"),
        details=frozenset({"path"}),
        icon="eye",
    )
)
RECORD_READ = register(
    AuditAction(
        code="audit.read.record",
        label=_("Audit record read"),
        sentence=_("%(actor)s opened records of the audit log"),
        details=frozenset({"path"}),
        icon="eye",
    )
)
PEOPLE_READ = register(
    AuditAction(
        code="audit.read.people",
        label=_("List of people read"),
        sentence=_("%(actor)s read the list of people"),
        details=frozenset({"path"}),
        icon="eye",
    )
)
PERSON_READ = register(
    AuditAction(
        code="audit.read.person",
        label=_("Person’s page read"),
        sentence=_("%(actor)s opened pages of people"),
        details=frozenset({"path"}),
        icon="eye",
    )
)
ERASURES_READ = register(
    AuditAction(
        code="audit.read.erasures",
        label=_("Erasures read"),
        sentence=_("%(actor)s read what was erased from the audit log"),
        details=frozenset({"path"}),
        icon="eye",
    )
)
KEY_ROTATED = register(
    AuditAction(
        code="audit.key.rotated",
        label=_("Signing key changed"),
        sentence=_("%(actor)s changed the audit log’s signing key to %(new)s"),
        details=frozenset({"old", "new"}),
        icon="lock",
    )
)
EXPORT_STARTED = register(
    AuditAction(
        code="audit.export.started",
        label=_("Log exported"),
        sentence=_("%(actor)s exported the audit log (%(format)s)"),
        details=frozenset({"format", "filter", "first", "end"}),
        icon="download",
    )
)
EXPORT_FINISHED = register(
    AuditAction(
        code="audit.export.finished",
        label=_("Log export written"),
        sentence=_("An export for %(actor)s was written to its end: %(count)s records (%(format)s)"),
        outcome="done",
        details=frozenset({"format", "filter", "count", "digest"}),
        icon="download",
    )
)
