"""Checkpoints are signed notes exactly as C2SP writes them, and nothing else passes for one."""

from __future__ import annotations

import pytest

from audit.checkpoint import Checkpoint, NoteError, PublicKey, SigningKey, parse, split

KEY = SigningKey("school.example/log", bytes(range(32)))
OTHER = SigningKey("school.example/log-2", bytes(range(1, 33)))
STATEMENT = Checkpoint("school.example/log", 12_345, b"r" * 32, ("time 2026-01-02T03:04:05Z",))
# The example of golang.org/x/mod/sumdb/note, whose format it is.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETERS_LINE = "\N{EM DASH} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


def test_a_checkpoint_is_written_as_the_format_says() -> None:
    note = STATEMENT.signed_by([KEY])
    lines = note.split("\n")
    assert lines[:5] == [
        "school.example/log",
        "12345",
        "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=",
        "time 2026-01-02T03:04:05Z",
        "",
    ]
    assert lines[5].startswith("\N{EM DASH} school.example/log ")
    assert lines[6:] == [""]


def test_a_written_checkpoint_is_read_and_checked() -> None:
    note = parse(STATEMENT.signed_by([KEY, OTHER]))
    assert note.checkpoint == STATEMENT
    assert note.checkpoint.time == "2026-01-02T03:04:05Z"
    assert note.signers([KEY.public]) == [KEY.public]
    assert note.signers([OTHER.public, KEY.public]) == [KEY.public, OTHER.public]
    assert note.signers([SigningKey(KEY.name, b"x" * 32).public]) == []


def test_the_published_key_and_signature_hold() -> None:
    """The format's own example: its key line, its key hash, and its signature over its text."""
    import base64

    key = PublicKey.parse(PETER)
    blob = base64.b64decode(PETERS_LINE.split(" ")[2])
    assert (key.name, str(key), blob[:4]) == ("PeterNeumann", PETER, key.hash)
    assert key.signed(PETERS_NOTE, blob[4:])
    assert not key.signed(PETERS_NOTE.replace("answer", "Answer"), blob[4:])


def test_no_changed_byte_of_a_note_is_accepted() -> None:
    note = STATEMENT.signed_by([KEY])
    for place in range(len(note)):
        for other in ("x", "0", "\n", ""):
            changed = note[:place] + other + note[place + 1 :]
            if changed == note:
                continue
            try:
                signers = parse(changed).signers([KEY.public])
            except NoteError:
                continue
            assert signers == [], repr(changed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "a\n1\n\n\n",
        "a\n01\nAAAA\n\n— k AAAA\n",
        "a\n-1\nAAAA\n\n",
        STATEMENT.text,
        STATEMENT.text + "\n",
    ],
)
def test_what_is_no_note_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NoteError):
        parse(text)


@pytest.mark.parametrize(
    "line", ["", "a+b", "n+00000000+AAAA", PETER.replace("c74f20a3", "c74f20a4"), "a b+c74f20a3+AR=="]
)
def test_what_is_no_key_is_said_to_be_none(line: str) -> None:
    with pytest.raises(NoteError):
        PublicKey.parse(line)


def test_a_file_of_notes_is_split_where_they_end() -> None:
    notes = [Checkpoint("o", size, b"x" * 32).signed_by([KEY, OTHER]) for size in range(3)]
    assert split("".join(f"{note}\n" for note in notes)) == notes
    assert split("".join(f"{note}\n" for note in notes)[:-30])[:2] == notes[:2]
    assert split("") == []


def test_a_key_does_not_show_its_secret() -> None:
    assert "\\x" not in repr(KEY)
    assert KEY.seed.hex() not in repr(KEY)
