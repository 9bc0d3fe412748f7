"""Exports of the log: what is in the file, that a stranger's program agrees, and that nothing changed passes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import QueryDict
from django.test import Client

from audit import erasure, keys
from audit import verify_offline as stranger
from audit.actors import system
from audit.export_file import Export, query_text
from audit.filters import parse
from audit.models import Checkpoint, Leaf, Record
from audit.proofs import Tree, covering, newest_basis
from audit.sealer import seal
from audit.tree import inclusion, stored_node
from audit.verifier_file import PROGRAM
from tests.audit.ledger import sealed, write
from tests.factories.people import AuditorFactory, UserFactory
from tests.flushing import lifted
from tests.tiers import tier

pytestmark = pytest.mark.django_db

PAGE = "/admin/audit/record/exports/"


def exported(path: Path, query: str = "", **bounds: Any) -> Path:
    given = QueryDict(query)
    export = Export(parse(given), query_text(given), **bounds)
    path.write_bytes(b"".join(export.parts()))
    return path


def verdict(path: Path, *options: str) -> int:
    return stranger.main([str(path), "--lang", "en", *options])


def said(path: Path, *options: str) -> tuple[int, str]:
    """What the program does in a process of its own, without site-packages and in an empty directory."""
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


def public_key() -> str:
    return str(keys.signing_keys()[0].public)


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def test_the_whole_log_is_exported_and_a_stranger_agrees(ledger: Path, tmp_path: Path) -> None:
    sealed(300, 41)
    code, text = said(exported(tmp_path / "log.jsonl"), "--key", public_key(), "--checkpoints", str(ledger))
    assert code == 0, text
    assert "every record of positions 0 to 340" in text
    assert "341, each as it was sealed" in text
    assert "2 of 2 checkpoints" in text
    assert text.endswith("EVERYTHING HOLDS.\n")


def test_a_record_line_says_what_was_sealed_and_what_stands_beside_it(ledger: Path, tmp_path: Path) -> None:
    sealed(3)
    head, *told, last = lines_of(exported(tmp_path / "log.jsonl"))
    record = Record.objects.order_by("pk").first()
    assert record is not None
    assert (head["format"], head["first"], head["end"], head["not_sealed"]) == (
        "back-office-audit-export",
        0,
        3,
        0,
    )
    assert [line["position"] for line in told] == [0, 1, 2]
    assert told[0]["fields"]["action"] == "audit.access.refused"
    assert told[0]["personal"]["actor"]["actor_name"] == "Lin Yue 林月 0"
    assert told[0]["personal"]["words"]["details"] == {"path": "/0/", "method": "POST"}
    assert told[0]["personal"]["words"]["salt"] == record.words_salt
    assert last.keys() == {"signed"}


@pytest.mark.parametrize("query", ["run=7", "q=Speaking+1", "kind=courses.course&object=12", "person=system"])
def test_a_filtered_export_proves_exactly_what_the_filter_lets_through(
    ledger: Path, tmp_path: Path, query: str
) -> None:
    sealed(290, 30)
    path = exported(tmp_path / "log.jsonl", query)
    shown = [line["fields"]["id"] for line in lines_of(path) if "position" in line]
    criteria = parse(QueryDict(query))
    expected = criteria.matching().order_by("pk").values_list("pk", flat=True)
    assert shown == [str(pk) for pk in expected]
    code, text = said(path, "--key", public_key())
    assert code == 0, text
    assert "what it left out is not in this file" in text


def test_a_range_is_proven_without_what_lies_around_it(ledger: Path, tmp_path: Path) -> None:
    sealed(300, 30, 1)
    for first, end in ((0, 0), (0, 1), (7, 8), (255, 257), (256, 300), (299, 331), (331, 400)):
        path = exported(tmp_path / "log.jsonl", first=first, end=end)
        assert verdict(path, "--key", public_key()) == 0, (first, end)
        assert sum("position" in line for line in lines_of(path)) == max(0, min(end, 331) - first)


def test_what_is_not_sealed_yet_is_left_out_and_counted(ledger: Path, tmp_path: Path) -> None:
    sealed(5)
    write(4, first=5)
    seal(limit=2)
    head, *told, _last = lines_of(exported(tmp_path / "log.jsonl"))
    assert head["not_sealed"] == 4
    assert len(told) == 5
    assert "4 records were not sealed yet" in said(tmp_path / "log.jsonl")[1]


def test_erased_values_are_marked_and_their_records_stay_proven(ledger: Path, tmp_path: Path) -> None:
    sealed(4)
    gone = list(Record.objects.order_by("pk").values_list("pk", flat=True)[:2])
    erasure.erase(gone, ["actor", "words"], actor=system("command"), reason="On request")
    seal(sign=True)
    path = exported(tmp_path / "log.jsonl")
    assert lines_of(path)[1]["personal"]["actor"] == "erased"
    assert "IELTS Speaking 0" not in path.read_text()
    code, text = said(path, "--key", public_key())
    assert code == 0, text
    assert "4 groups of personal values" in text


def test_another_key_is_not_believed_and_no_key_is_said(ledger: Path, tmp_path: Path) -> None:
    sealed(3)
    path = exported(tmp_path / "log.jsonl")
    code, text = said(path)
    assert code == 0
    assert "named by the file itself" in text
    code, text = said(path, "--key", str(keys.new_key().public))
    assert code == 1
    assert "the checkpoint is not signed by a trusted key" in text
    code, text = said(path, "--key", public_key()[:-6] + "AAAAA=")
    assert code == 2


def test_a_log_that_was_written_anew_is_told_by_a_checkpoint_that_was_kept(
    ledger: Path, tmp_path: Path
) -> None:
    sealed(5)
    kept = tmp_path / "kept.txt"
    path = exported(tmp_path / "log.jsonl")
    key = keys.signing_keys()[0]
    from audit.checkpoint import Checkpoint as Statement

    kept.write_text(Statement("school-back-office/audit-log", 3, b"x" * 32).signed_by([key]) + "\n", "utf-8")
    code, text = said(path, "--checkpoints", str(kept))
    assert code == 1
    assert "signed another tree of 3 records" in text


def test_it_reads_chinese(ledger: Path, tmp_path: Path) -> None:
    sealed(2)
    path = exported(tmp_path / "log.jsonl")
    assert "全部属实。" in said(path, "--lang", "zh")[1]
    path.write_bytes(path.read_bytes().replace(b"/1/", b"/2/"))
    assert "不属实：" in said(path, "--lang", "zh")[1]


def test_it_runs_in_an_empty_virtual_environment(ledger: Path, tmp_path: Path) -> None:
    sealed(2)
    path = exported(tmp_path / "log.jsonl")
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    done = subprocess.run(
        [tmp_path / "venv" / "bin" / "python", PROGRAM, path, "--lang", "en"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        env={},
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_changed_byte_of_an_export_passes(ledger: Path, tmp_path: Path) -> None:
    sealed(2)
    path = exported(tmp_path / "log.jsonl", first=1)
    whole, key = path.read_bytes(), public_key()
    places = range(len(whole))
    chance = random.Random(5)
    for place in places if tier(quick=0, full=1) else chance.sample(places, 150):
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        assert verdict(path, "--key", key) == 1, (place, bytes(changed[place - 20 : place + 20]))


def test_whoever_cannot_sign_cannot_drop_double_or_exchange_a_line(ledger: Path, tmp_path: Path) -> None:
    sealed(9)
    path = exported(tmp_path / "log.jsonl", "run=1")
    lines = path.read_bytes().splitlines(keepends=True)
    tampered = [lines[:at] + lines[at + 1 :] for at in range(len(lines))]
    tampered += [lines[: at + 1] + lines[at:] for at in range(len(lines))]
    tampered += [[*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]] for at in range(len(lines) - 1)]
    for changed in tampered:
        path.write_bytes(b"".join(changed))
        assert verdict(path, "--key", public_key()) == 1


def test_an_edited_record_is_named(ledger: Path, tmp_path: Path) -> None:
    sealed(4)
    path = exported(tmp_path / "log.jsonl")
    honest = path.read_text()
    for old, new, told in (
        ("Term is over", "Term is OVER", "the values of “words” are not those that were committed to"),
        (
            '"outcome": "denied"',
            '"outcome": "done"',
            "what is shown of the record is not what its sealed text",
        ),
        (",6:denied,", ",4:done,", "what is shown of the record is not"),
    ):
        lines = honest.split("\n")
        lines[3] = lines[3].replace(old, new)
        path.write_text("\n".join(lines))
        code, text = said(path)
        assert code == 1
        assert told in text
        assert "(position 2)" in text


def test_the_tree_reader_agrees_with_the_stored_tree_and_keeps_few_parts(ledger: Path) -> None:
    sealed(700)
    tree, node = Tree(), stored_node()
    for position in (0, 255, 256, 511, 512, 699):
        assert tree.proof(position, 700) == inclusion(position, 700)
    assert tree.cover(3, 699) == [node(level, index) for level, index in covering(3, 699)]
    with pytest.raises(LookupError):
        tree.node(3, 88)


def test_a_day_without_a_key_or_a_checkpoint_says_so(ledger: Path, tmp_path: Path, settings: Any) -> None:
    with pytest.raises(CommandError, match="no checkpoint was signed yet"):
        call_command("audit_export", str(tmp_path / "x"))
    sealed(2)
    settings.AUDIT = {**settings.AUDIT, "make_key": False, "signing_key_file": tmp_path / "none"}
    with pytest.raises(CommandError, match="no signing key"):
        call_command("audit_export", str(tmp_path / "x"))


def test_the_command_writes_the_file_the_verifier_and_two_records(ledger: Path, tmp_path: Path) -> None:
    sealed(3)
    write(2, first=3)
    call_command("audit_export", str(tmp_path / "log.jsonl"), filter="?run=0", now=True, verifier=True)
    assert (tmp_path / "verify.py").read_bytes() == PROGRAM.read_bytes()
    assert verdict(tmp_path / "log.jsonl", "--key", public_key()) == 0
    told = Record.objects.filter(action__startswith="audit.export").order_by("pk")
    assert [one.action for one in told] == ["audit.export.started", "audit.export.finished"]
    assert told[0].details == {"format": "jsonl", "filter": "run=0", "first": 0, "end": 5}
    assert told[1].details["count"] == 3
    with pytest.raises(CommandError, match="not understood: nonsense"):
        call_command("audit_export", str(tmp_path / "x"), filter="nonsense=1")


def test_auditors_export_from_the_page_and_it_is_recorded(
    client: Client, ledger: Path, tmp_path: Path
) -> None:
    sealed(12)
    client.force_login(AuditorFactory())
    assert client.get(PAGE).status_code == 200
    answer: Any = client.post(f"{PAGE}?run=2", {"do": "jsonl"})
    (tmp_path / "log.jsonl").write_bytes(b"".join(answer.streaming_content))
    assert verdict(tmp_path / "log.jsonl", "--key", public_key()) == 0
    finished = Record.objects.get(action="audit.export.finished")
    assert (finished.details["filter"], finished.details["count"]) == ("run=2", 3)
    assert public_key() in client.get(PAGE).content.decode()


def test_the_csv_has_what_the_filters_let_through_and_no_formula(client: Client, ledger: Path) -> None:
    from tests.factories.audit import write as write_one

    sealed(3)
    write_one("audit.session.refused", details={"username": "x"}, reason='=HYPERLINK("http://x")')
    client.force_login(AuditorFactory())
    answer: Any = client.post(f"{PAGE}?action=audit.session.refused", {"do": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert len(text.splitlines()) == 2
    assert "\"'=HYPERLINK(" in text
    answer = client.post(PAGE, {"do": "csv"})
    assert len(b"".join(answer.streaming_content).splitlines()) == 1 + Record.objects.count() - 1
    assert Record.objects.filter(action="audit.export.finished").count() == 2


def test_an_export_that_breaks_off_is_recorded_as_started_alone(client: Client, ledger: Path) -> None:
    sealed(3)
    client.force_login(AuditorFactory())
    answer: Any = client.post(PAGE, {"do": "jsonl"})
    parts = iter(answer.streaming_content)
    next(parts)
    del parts, answer
    assert Record.objects.filter(action="audit.export.started").count() == 1
    assert not Record.objects.filter(action="audit.export.finished").exists()


def test_others_may_not_export_and_that_is_kept(client: Client, ledger: Path) -> None:
    sealed(3)
    client.force_login(UserFactory())
    for address in (PAGE, f"{PAGE}verify.py"):
        assert client.get(address).status_code == 403
    assert client.post(PAGE, {"do": "jsonl"}).status_code == 403
    assert Record.objects.filter(action="audit.access.refused", outcome="denied", run_id=None).count() == 3
    assert not Record.objects.filter(action="audit.export.started").exists()


def test_an_address_that_is_not_understood_exports_nothing(client: Client, ledger: Path) -> None:
    sealed(3)
    client.force_login(AuditorFactory())
    for what in ("jsonl", "csv"):
        answer = client.post(f"{PAGE}?nonsense=1", {"do": what})
        assert answer.status_code == 422
        assert "so nothing is exported" in answer.content.decode()
    assert client.post(PAGE, {"do": "nothing"}).status_code == 404
    assert not Record.objects.filter(action="audit.export.started").exists()


def test_the_verifier_is_handed_out_as_it_is(client: Client) -> None:
    client.force_login(AuditorFactory())
    assert client.get(f"{PAGE}verify.py").content == PROGRAM.read_bytes()


def test_a_record_page_shows_its_place_and_verifies_it(client: Client, ledger: Path) -> None:
    sealed(300)
    client.force_login(AuditorFactory())
    record = Leaf.objects.get(position=299).record_id
    page = f"/admin/audit/record/{record}/change/"
    assert "over 300 records" in client.get(page).content.decode()
    assert "The record is as it was sealed" in client.get(f"{page}?verify=1").content.decode()
    newest = Record.objects.order_by("-pk").first()
    assert newest is not None
    waiting = client.get(f"/admin/audit/record/{newest.pk}/change/?verify=1").content.decode()
    assert "waits for the sealer" in waiting


def test_an_edit_turns_the_record_page_and_the_check_red(client: Client, ledger: Path) -> None:
    sealed(20)
    client.force_login(AuditorFactory())
    seal(sign=True)
    answer = client.post(PAGE, {"do": "check"}).content.decode()
    assert "sealed records are as they were sealed" in answer
    record = Leaf.objects.get(position=7).record_id
    with lifted(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_record SET reason = 'Nothing' WHERE id = %s", [record])
    answer = client.post(PAGE, {"do": "check"}).content.decode()
    assert f'/admin/audit/record/{record}/change/">{record}</a>' in answer
    page = client.get(f"/admin/audit/record/{record}/change/?verify=1").content.decode()
    assert "columns are not what was sealed" in page


def test_the_newest_basis_is_the_newest_checkpoint(ledger: Path) -> None:
    assert newest_basis() is None
    sealed(3, 4)
    basis = newest_basis()
    assert basis is not None
    assert (basis.size, basis.keys) == (7, (public_key(),))
    assert Checkpoint.objects.count() == 2
