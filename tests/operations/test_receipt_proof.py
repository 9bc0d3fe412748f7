"""A receipt proves itself: the stranger's program agrees with it, and with nothing that was changed in it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from audit import keys
from audit import verify_offline as stranger
from audit.models import Record
from audit.sealer import seal
from audit.verifier_file import PROGRAM
from media_assets.models import VideoAsset
from tests.audit.ledger import ledger  # noqa: F401 - a fixture
from tests.factories.operations import confirmed, plan
from tests.factories.people import UserFactory
from tests.tiers import tier

DELETE = "media_assets.class_video.delete"
BACKEND = "django.contrib.auth.backends.ModelBackend"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger")]


@pytest.fixture
def download(client, clips, deleter, work_off, sandbox, tmp_path) -> Any:
    """A finished deletion of five clips, of which the first was rejected; its receipt as a file, as often as asked."""
    sandbox.fault("classin", "code", code="633", times=1)
    run = confirmed(plan(DELETE, VideoAsset.objects.all(), deleter), deleter)
    work_off(run)
    client.force_login(deleter, backend=BACKEND)

    def file() -> Path:
        answer = client.get(reverse("admin:operations_run_receipt_json", args=[run.pk]))
        path = tmp_path / "receipt.json"
        path.write_bytes(b"".join(answer.streaming_content))
        return path

    file.run = run
    return file


def key() -> str:
    return str(keys.signing_keys()[0].public)


def said(path: Path, *options: str) -> tuple[int, str]:
    place = path.parent / "empty"
    place.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(PROGRAM), str(path), "--lang", "en", *options],
        cwd=place,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def test_a_sealed_receipt_holds(download, deleter):
    seal(sign=True)
    path = download()
    receipt = json.loads(path.read_bytes())
    assert (receipt["version"], receipt["sealed"], receipt["not_sealed"]) == (2, True, 0)
    assert all(record["sealed"] and record["proof"] for record in receipt["records"])
    code, text = said(path, "--key", key())
    assert code == 0, text
    assert f"{len(receipt['records'])}, each as it was sealed" in text
    assert f"checksum {download.run.digest} (as sealed at the confirmation)" in text
    assert "addresses and browsers stay in the log" in text
    assert "203.0.113" not in path.read_text()


def test_addresses_and_browsers_stay_in_the_log(download):
    seal(sign=True)
    for record in json.loads(download().read_bytes())["records"]:
        assert record["personal"]["actor"] == "withheld"
        assert "address" not in record


def test_before_sealing_the_file_says_so_and_proves_nothing_yet(client, download):
    path = download()
    receipt = json.loads(path.read_bytes())
    assert receipt["sealed"] is False
    assert receipt["not_sealed"] == len(receipt["records"]) > 0
    code, text = said(path, "--key", key())
    assert code == 3
    assert "NOT EVERYTHING IS PROVEN YET" in text
    page = reverse("admin:operations_run_receipt", args=[download.run.pk])
    assert "The proof will be complete in a few seconds" in client.get(page).content.decode()
    seal(sign=True)
    assert "Every record of this run is sealed" in client.get(page).content.decode()


def test_without_a_key_nothing_signs_the_file_and_that_is_said(download, settings, tmp_path):
    seal(sign=True)
    trusted = key()
    settings.AUDIT = {**settings.AUDIT, "make_key": False, "signing_key_file": tmp_path / "none"}
    code, text = said(download(), "--key", trusted)
    assert code == 1
    assert "the file is not signed to its end" in text


def test_no_changed_byte_of_a_receipt_passes(download):
    seal(sign=True)
    path, trusted = download(), key()
    whole, chance = path.read_bytes(), random.Random(7)
    places = range(len(whole))
    for place in places if tier(quick=0, full=1) else chance.sample(places, 150):
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        found = stranger.main([str(path), "--key", trusted, "--lang", "en"])
        assert found == 1, (place, bytes(changed[place - 20 : place + 20]))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda it: it["items"][0].update(identity={"file": "1"}), "the list is not the one that its checksum"),
        (lambda it: it["items"].pop(), "the list is not the one that its checksum"),
        (lambda it: it["checksum"].update(value="0" * 64), "the list is not the one that its checksum"),
        (lambda it: it["items"][0].update(outcome="done"), "the totals do not fit the items"),
        (lambda it: it["items"][1].update(label="Another"), "the file was changed after it was signed"),
        (lambda it: it["run"].update(reason="Because"), "the file was changed after it was signed"),
        (lambda it: it["records"].pop(), "the file was changed after it was signed"),
        (lambda it: it["records"][2].update(at="2026-01-01T00:00:00Z"), "the column “at” is not what was sealed"),
        (lambda it: it["records"][2].update(actor_id=99), "the column “actor_id” is not what was sealed"),
        (lambda it: it["records"][1].update(reason="Because"), "the column “reason” is not what was sealed"),
        (lambda it: it["records"][1].update(position=0), "the record is not in the tree that was signed"),
        (lambda it: it["records"][1]["personal"]["words"].update(reason="x"), "the values of “words”"),
        (lambda it: it["log"].update(checkpoint=it["log"]["checkpoint"].replace("\n", "0\n", 2)), "the checkpoint is not signed"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(download, change, told):
    seal(sign=True)
    path = download()
    text = path.read_text("utf-8")
    cut = text.rindex(',\n"signed": ')
    receipt = json.loads(text[:cut] + "}")
    change(receipt)
    path.write_text(json.dumps(receipt, ensure_ascii=False)[:-1] + text[cut:], "utf-8")
    code, found = said(path, "--key", key())
    assert code == 1
    assert told in found


def test_a_list_that_was_never_confirmed_is_found_by_what_was_sealed(download):
    """Items and checksum changed to fit one another, by somebody who can sign files but not change the log."""
    seal(sign=True)
    path = download()
    text = path.read_text("utf-8")
    cut = text.rindex(',\n"signed": ')
    receipt = json.loads(text[:cut] + "}")
    gone = receipt["items"].pop(0)
    receipt["totals"]["items"] -= 1
    receipt["totals"]["outcomes"][gone["outcome"]] -= 1
    receipt["checksum"]["value"] = stranger._list_digest(receipt["items"], receipt["checksum"]["part"])[0]
    path.write_text(json.dumps(receipt, ensure_ascii=False)[:-1] + text[cut:], "utf-8")
    code, found = said(path, "--key", key())
    assert code == 1
    assert "not the one that was sealed at the confirmation" in found


def test_whoever_may_read_the_receipt_gets_the_program(client, download):
    address = reverse("admin:operations_receipt_verifier")
    assert client.get(address).content == PROGRAM.read_bytes()
    client.force_login(UserFactory(), backend=BACKEND)
    assert client.get(address).status_code == 403
    assert Record.objects.filter(action="audit.access.refused").exists()
