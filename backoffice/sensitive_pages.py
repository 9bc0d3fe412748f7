"""Sensitive pages above the ledger whose reading is recorded: connections and receipts."""

from django.utils.translation import gettext_lazy as _

from audit.reads import watch
from audit.registry import AuditAction, register

CONNECTIONS_READ = register(
    AuditAction(
        code="backoffice.read.connections",
        label=_("Connections read"),
        sentence=_("%(actor)s read the provider connections"),
        details=frozenset({"path"}),
        icon="eye",
    )
)
RECEIPTS_READ = register(
    AuditAction(
        code="backoffice.read.receipts",
        label=_("List of receipts read"),
        sentence=_("%(actor)s read the list of receipts"),
        details=frozenset({"path"}),
        icon="eye",
    )
)
RECEIPT_READ = register(
    AuditAction(
        code="backoffice.read.receipt",
        label=_("Receipt read"),
        sentence=_("%(actor)s opened receipts of deletions"),
        details=frozenset({"path"}),
        icon="eye",
    )
)

watch("connections", CONNECTIONS_READ)
watch("operations_receipt_changelist", RECEIPTS_READ)
watch("operations_run_receipt", RECEIPT_READ)
