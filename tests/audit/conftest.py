"""Fixtures of the ledger's tests."""

from tests.audit.ledger import ledger

__all__ = ["ledger"]
