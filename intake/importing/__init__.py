"""Importing spreadsheets: upload, columns, dry run, apply. Screens and command go through here."""

from intake.importing.control import apply, discard, go_on, set_columns
from intake.importing.receive import PERMISSION, check_may_import, upload

__all__ = ["PERMISSION", "apply", "check_may_import", "discard", "go_on", "set_columns", "upload"]
