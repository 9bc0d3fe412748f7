"""Sealing: every committed record once, without gaps, whatever commits late, crashes or runs twice."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from audit import keys, merkle, outside, sealer, tree
from audit.actors import system
from audit.checkpoint import parse
from audit.erasure import erase
from audit.keys import NoKey
from audit.models import Checkpoint, Erasure, Leaf, PublicKey, Record, Sealing, Unsealed
from audit.registry import AuditError
from audit.rotation import rotate
from audit.sealer import SealingError, seal, sealing_state
from audit.services import record_many
from tests.audit.ledger import entry, sealed, verified, write
from tests.tiers import FULL, tier

ACTOR = system("command")
ROUNDS = tier(quick=40, full=320)
KILLS = tier(quick=5, full=200)
pytestmark = pytest.mark.django_db


def assert_every_record_once() -> None:
    leaves = list(Leaf.objects.order_by("position").values_list("position", "record_id"))
    assert [position for position, _record in leaves] == list(range(len(leaves)))
    assert sorted(record for _position, record in leaves) == sorted(
        Record.objects.values_list("pk", flat=True)
    )
    assert not Unsealed.objects.exists()


def test_what_is_committed_is_sealed_signed_and_written_outside(ledger: Path) -> None:
    write(5)
    assert seal(sign=True) == 5
    assert_every_record_once()
    (checkpoint,) = Checkpoint.objects.all()
    assert outside.notes(ledger) == [checkpoint.note]
    note = parse(checkpoint.note)
    assert note.checkpoint.size == 5
    assert note.signers([keys.signing_keys()[0].public])
    assert verified(ledger).sound


def test_the_leaves_are_the_hashes_of_the_canonical_texts(ledger: Path) -> None:
    sealed(3)
    for leaf in Leaf.objects.all():
        text = Record.objects.get(pk=leaf.record_id).canonical
        assert bytes(leaf.hash) == merkle.leaf_hash(text.encode())


def test_proofs_out_of_the_stored_tree_hold(ledger: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(sealer, "BATCH", 150)
    sealed(300, 300)
    root = tree.root(600)
    assert root == bytes(Checkpoint.objects.latest("pk").root)
    for index in (0, 255, 256, 300, 511, 512, 599):
        leaf = bytes(Leaf.objects.get(position=index).hash)
        assert merkle.includes(leaf, index, 600, tree.inclusion(index, 600), root)
    assert merkle.extends(300, 600, tree.root(300), root, tree.consistency(300, 600))


def test_a_proof_reads_few_rows_however_long_the_log(
    ledger: Path, django_assert_max_num_queries: Any
) -> None:
    sealed(600)
    with django_assert_max_num_queries(6):
        tree.inclusion(300, 600)


def test_sealing_stopped_at_any_statement_leaves_no_gap_and_no_double(ledger: Path) -> None:
    """A crash between every two statements: the batch is undone as a whole, and the next sealer goes on."""

    class Crash(Exception):
        pass

    chance, crashes = random.Random(14), 0
    for round_ in range(ROUNDS):
        write(3, first=round_ * 3)
        left = chance.randrange(1, 14)

        def crash(execute: Any, *args: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise Crash
            return execute(*args)

        with connection.execute_wrapper(crash):
            try:
                with transaction.atomic():
                    seal(sign=True)
            except Crash:
                crashes += 1
    seal(sign=True)
    assert crashes > ROUNDS // 2
    assert_every_record_once()
    assert verified(ledger).sound


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(1200)
def test_a_killed_sealer_leaves_no_gap_and_no_double(ledger: Path, monkeypatch: Any) -> None:
    """SIGKILL at a random moment to a process that is sealing; what it held is free once its lease has run out."""
    if connection.vendor != "postgresql":
        pytest.skip("the tests' SQLite lives in the memory of one process")
    monkeypatch.setattr(sealer, "BATCH", 20)
    monkeypatch.setattr(sealer, "LEASE_SECONDS", 0.0)
    sealed(1)
    chance, midway = random.Random(15), 0
    for round_ in range(KILLS):
        write(60, first=1 + round_ * 60)
        connection.close()
        child = os.fork()
        if child == 0:
            seal(sign=True)
            os._exit(0)
        time.sleep(chance.random() * 0.05)
        os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
        midway += os.WIFSIGNALED(status) and Unsealed.objects.exists()
    seal(sign=True)
    assert midway > KILLS // 4
    assert_every_record_once()
    assert verified(ledger).sound


def test_only_one_sealer_works_at_a_time(ledger: Path) -> None:
    write(2)
    seal()
    write(2, first=2)
    later = sealer.database_now() + timedelta(seconds=30)
    Sealing.objects.update(holder="another", until=later)
    assert seal() == 0
    Sealing.objects.update(until=sealer.database_now() - timedelta(seconds=1))
    assert seal() == 2
    assert_every_record_once()


def test_an_idle_sealer_asks_little_and_signs_a_heartbeat(
    ledger: Path, settings: Any, django_assert_max_num_queries: Any
) -> None:
    sealed(2)
    with django_assert_max_num_queries(4):
        seal()
    assert Checkpoint.objects.count() == 1
    settings.AUDIT = {**settings.AUDIT, "heartbeat_seconds": 0.0}
    seal()
    first, second = Checkpoint.objects.order_by("pk")
    assert (first.size, bytes(first.root)) == (second.size, bytes(second.root))
    assert len(outside.notes(ledger)) == 2


def test_nothing_is_sealed_onto_a_tree_that_was_not_signed(ledger: Path) -> None:
    sealed(4)
    Sealing.objects.update(frontier=b"x" * 32)
    write(1, first=4)
    with pytest.raises(SealingError, match="signed"):
        seal()


def test_without_a_key_records_are_sealed_and_the_state_says_that_nothing_is_signed(
    ledger: Path, settings: Any
) -> None:
    settings.AUDIT = {**settings.AUDIT, "make_key": False}
    write(2)
    assert seal() == 2
    with pytest.raises(NoKey):
        keys.signing_keys()
    assert sealing_state().alarm == "unsigned"


class TestState:
    def test_it_says_how_far_sealing_has_come(self, ledger: Path) -> None:
        assert sealing_state().alarm == ""
        sealed(3)
        write(2, first=3)
        state = sealing_state()
        assert (state.size, state.signed_size, state.unsealed, state.alarm) == (3, 3, 2, "")
        assert state.last_record == Record.objects.order_by("pk")[2].pk
        assert state.oldest_unsealed_age is not None

    def test_a_stopped_sealer_is_an_alarm(self, ledger: Path) -> None:
        sealed(3)
        Sealing.objects.update(passed_at=sealer.database_now() - timedelta(seconds=90))
        assert sealing_state().alarm == "stopped"

    def test_a_sealer_that_does_not_come_forward_is_an_alarm(self, ledger: Path, settings: Any) -> None:
        sealed(3)
        write(1, first=3)
        settings.AUDIT = {**settings.AUDIT, "alarm_seconds": 0.2}
        time.sleep(0.25)
        Sealing.objects.update(passed_at=sealer.database_now())
        assert sealing_state().alarm == "behind"

    def test_a_missing_signature_is_an_alarm(self, ledger: Path, settings: Any) -> None:
        sealed(3)
        settings.AUDIT = {**settings.AUDIT, "alarm_seconds": 0.0, "heartbeat_seconds": -5.0}
        Sealing.objects.update(passed_at=sealer.database_now() + timedelta(seconds=5))
        assert sealing_state().alarm == "unsigned"


class TestKeys:
    def test_the_key_file_is_the_owners_alone_and_the_database_has_no_secret(
        self, ledger: Path, settings: Any
    ) -> None:
        sealed(1)
        file: Path = settings.AUDIT["signing_key_file"]
        assert file.stat().st_mode & 0o777 == 0o600
        (key,) = keys.signing_keys()
        assert [row.line for row in PublicKey.objects.all()] == [str(key.public)]
        assert keys.line_of(key).partition("+")[2] not in Checkpoint.objects.get().note

    def test_a_key_from_the_environment_is_used(self, ledger: Path, settings: Any) -> None:
        given = keys.new_key()
        settings.AUDIT = {**settings.AUDIT, "signing_key": keys.line_of(given)}
        sealed(1)
        assert parse(Checkpoint.objects.get().note).signers([given.public])
        assert not settings.AUDIT["signing_key_file"].exists()

    @pytest.mark.parametrize("line", ["x", "name+", "name+AAAA", "+" + "A" * 43 + "="])
    def test_a_malformed_key_is_refused(self, ledger: Path, settings: Any, line: str) -> None:
        settings.AUDIT = {**settings.AUDIT, "signing_key": line}
        with pytest.raises(NoKey):
            keys.signing_keys()

    def test_a_rotation_is_signed_by_both_recorded_and_verified_with_the_new_key(self, ledger: Path) -> None:
        sealed(2)
        old = keys.signing_keys()[0].public
        new = rotate(actor=ACTOR)
        assert [key.public for key in keys.signing_keys()] == [new]
        assert set(parse(Checkpoint.objects.latest("pk").note).signers([old, new])) == {old, new}
        assert Record.objects.get(action="audit.key.rotated").details == {"old": str(old), "new": str(new)}
        write(1, first=9)
        seal(sign=True)
        assert parse(Checkpoint.objects.latest("pk").note).signers([old, new]) == [new]
        assert verified(ledger).sound


class TestErasure:
    def test_erased_values_are_gone_the_log_verifies_and_a_record_says_so(self, ledger: Path) -> None:
        sealed(4)
        one, two = list(Record.objects.order_by("pk").values_list("pk", flat=True))[1:3]
        assert erase([one, two], ["actor", "words"], actor=ACTOR, reason="Asked for on 3 May") == 4
        line = Record.objects.get(pk=one)
        assert (line.actor_name, line.address, line.agent, line.actor_salt) == ("", "", "", "")
        assert (line.target_label, line.reason, line.changes, line.details) == ("", "", {}, {})
        assert line.approver_name == "Wang Fang"
        seal(sign=True)
        report = verified(ledger)
        assert report.sound
        assert report.erased == 4
        told = Record.objects.filter(action="audit.personal.erased")
        assert [row.details["groups"] for row in told.order_by("pk")] == [["actor"], ["words"]]
        assert {row.reason for row in told} == {"Asked for on 3 May"}
        assert erase([one], ["actor"], actor=ACTOR, reason="Again") == 0

    def test_only_personal_values_with_leave_can_be_emptied(self, ledger: Path) -> None:
        from django.db import DatabaseError

        sealed(2)
        one, two = Record.objects.order_by("pk").values_list("pk", flat=True)
        Erasure.objects.create(record_id=one, group="actor", by=two)
        connection.check_constraints()
        refused = [
            (two, "actor_name = '', address = '', agent = '', actor_salt = ''"),
            (one, "actor_name = 'x', address = '', agent = '', actor_salt = ''"),
            (one, "actor_name = '', address = '', agent = '', actor_salt = '', action = 'x'"),
            (one, "actor_name = ''"),
            (one, "actor_seal = ''"),
            (one, "approver_name = '', approver_salt = ''"),
        ]
        for pk, change in refused:
            with (
                pytest.raises(DatabaseError, match="append-only"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(f"UPDATE audit_record SET {change} WHERE id = %s", [pk])
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE audit_record SET {refused[0][1]} WHERE id = %s", [one])
        assert Record.objects.get(pk=one).actor_name == ""

    def test_an_erasure_needs_a_reason_and_a_known_group(self, ledger: Path) -> None:
        sealed(1)
        for groups, reason in ((["actor"], " "), (["everything"], "why")):
            with pytest.raises(AuditError):
                erase([1], groups, actor=ACTOR, reason=reason)

    def test_the_record_of_an_erasure_keeps_its_words(self, ledger: Path) -> None:
        sealed(1)
        (one,) = Record.objects.values_list("pk", flat=True)
        erase([one], ["actor"], actor=ACTOR, reason="why")
        told = Record.objects.get(action="audit.personal.erased")
        assert erase([told.pk], ["words"], actor=ACTOR, reason="why") == 0


class TestCommands:
    def test_they_print_checkpoint_keys_and_verdict(self, ledger: Path, capsys: Any) -> None:
        write(2)
        call_command("audit_checkpoint", "--now")
        note = capsys.readouterr().out
        assert parse(note).checkpoint.size == 2
        call_command("audit_key", "show")
        assert capsys.readouterr().out.split() == [str(keys.signing_keys()[0].public)]
        call_command("audit_verify", "--checkpoints", str(ledger))
        assert "The log is sound." in capsys.readouterr().out
        since = ledger.with_name("trusted.txt")
        since.write_text(note, "utf-8")
        write(2, first=2)
        seal(sign=True)
        call_command("audit_verify", "--checkpoints", str(ledger), "--since-checkpoint", str(since))
        assert "4 sealed records" in capsys.readouterr().out

    def test_a_bad_log_ends_with_one(self, ledger: Path, capsys: Any) -> None:
        sealed(2)
        ledger.write_text(ledger.read_text("utf-8").replace("\n2\n", "\n3\n"), "utf-8")
        with pytest.raises(SystemExit) as ended:
            call_command("audit_verify", "--checkpoints", str(ledger))
        assert ended.value.code == 1
        assert "First bad: checkpoint" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_records_that_commit_late_are_sealed_once_without_gaps(ledger: Path) -> None:
    """Identity order is not commit order: writers wait a random while between INSERT and COMMIT (SQLite lets one write)."""
    postgresql = connection.vendor == "postgresql"
    writers, rounds = (8, tier(quick=8, full=100)) if postgresql else (3, tier(quick=3, full=30))
    delay = (0.5 if FULL else 0.05) if postgresql else 0.005
    lot = tier(quick=3, full=25)
    over = threading.Event()
    errors: list[Exception] = []

    def work(number: int) -> None:
        chance = random.Random(number)
        try:
            for round_ in range(rounds):
                with transaction.atomic():
                    record_many([entry(number * 10_000 + round_ * 50 + part) for part in range(lot)])
                    time.sleep(chance.random() * delay)
        except Exception as error:  # noqa: BLE001 - told below, in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    def keep_sealing() -> None:
        try:
            while not over.is_set():
                seal()
                time.sleep(0.002)
        except Exception as error:  # noqa: BLE001 - told below, in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(writers)]
    sealers = [threading.Thread(target=keep_sealing) for _number in range(2)]
    for thread in (*threads, *sealers):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    for thread in sealers:
        thread.join()
    assert errors == []
    seal(sign=True)
    assert Record.objects.count() == writers * rounds * lot
    assert_every_record_once()
    assert verified(ledger).sound


@pytest.mark.django_db(transaction=True)
def test_a_log_that_is_being_written_and_sealed_verifies_all_the_time(ledger: Path) -> None:
    sealed(3)
    over = threading.Event()
    errors: list[Exception] = []

    def keep_writing() -> None:
        number = 3
        try:
            while not over.is_set():
                write(2, first=number)
                seal(sign=True)
                number += 2
        except Exception as error:  # noqa: BLE001 - told below, in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=keep_writing)
    thread.start()
    reports = [verified(ledger) for _round in range(15)]
    over.set()
    thread.join()
    assert errors == []
    assert [finding for report in reports for finding in report.findings] == []
    assert reports[-1].size > reports[0].size
