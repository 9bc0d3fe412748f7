"""`verify.py`: the program that a stranger checks exports and receipts with, handed out as it is."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpResponse

PROGRAM = Path(__file__).with_name("verify_offline.py")


def verifier_file() -> HttpResponse:
    """The program as a download."""
    response = HttpResponse(PROGRAM.read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response
