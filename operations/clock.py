"""The database's clock: the only one that waiting times, leases and paces are measured by. The ledger keeps the same one."""

from audit.clock import database_now

__all__ = ["database_now"]
