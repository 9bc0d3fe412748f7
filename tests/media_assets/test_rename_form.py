"""What the rename form takes, completes and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from media_assets import mirror
from media_assets.forms import RenameCloudFileForm
from media_assets.models import CloudFile
from operations.learning import Known
from operations.mirror import MirrorRow
from tests.factories.media_assets import CloudFileFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(db: None) -> CloudFile:
    return CloudFileFactory(name="Handout.pdf")


def _form(file: CloudFile, name: str, *, change_extension: bool = False) -> RenameCloudFileForm:
    data: dict[str, Any] = {"name": name}
    if change_extension:
        data["change_extension"] = "on"
    return RenameCloudFileForm(data, target=file)


def _new_name(file: CloudFile, name: str, **more: Any) -> str:
    form = _form(file, name, **more)
    assert form.is_valid(), form.errors
    return form.proposal().params["fileName"]


def _refusal(file: CloudFile, name: str, **more: Any) -> tuple[str, str]:
    form = _form(file, name, **more)
    assert not form.is_valid()
    (error,) = form.errors.as_data().get("name") or form.errors.as_data()["__all__"]
    return error.code, " ".join(error.messages)


@pytest.mark.parametrize("typed", ["Worksheet", "Worksheet.pdf", "Worksheet.PDF", "  Worksheet  "])
def test_the_extension_is_kept_with_or_without_typing_it(file: CloudFile, typed: str) -> None:
    assert _new_name(file, typed) == "Worksheet.pdf"


def test_a_dot_in_a_name_is_no_extension(file: CloudFile) -> None:
    assert _new_name(file, "Lesson 2.1") == "Lesson 2.1.pdf"


def test_another_extension_needs_the_tick(file: CloudFile) -> None:
    code, words = _refusal(file, "Handout.docx")
    assert code == "extension"
    assert ".pdf" in words
    assert ".docx" in words
    assert _new_name(file, "Handout.docx", change_extension=True) == "Handout.docx"
    assert _new_name(file, "Handout", change_extension=True) == "Handout"


def test_a_file_without_extension_gets_none_unawares() -> None:
    file = CloudFileFactory(name="课件2017")
    assert _new_name(file, "课件2018") == "课件2018"
    assert _refusal(file, "课件2018.pptx")[0] == "extension"
    assert _new_name(file, "课件2018.pptx", change_extension=True) == "课件2018.pptx"


def test_over_32_characters_is_noted_and_sent(file: CloudFile) -> None:
    form = _form(file, "x" * 40)
    assert form.is_valid()
    (note,) = form.proposal().notes
    assert "12 characters over the 32" in note
    exactly = _form(file, "x" * 28)
    assert exactly.is_valid()
    assert exactly.proposal().notes == []


def test_128_characters_are_taken_and_129_refused(file: CloudFile) -> None:
    assert len(_new_name(file, "课" * 124)) == 128
    code, words = _refusal(file, "课" * 125)
    assert code == "too_long"
    assert "129" in words


@pytest.mark.parametrize("typed", ["a/b", "a\\b", "why?", "a:b", 'say "hi"', "a|b", "<a>", "a*b", "a\x07b"])
def test_illegal_characters_are_refused_by_name(file: CloudFile, typed: str) -> None:
    assert _refusal(file, typed)[0] == "illegal"


@pytest.mark.parametrize("typed", ["", "   ", "\u3000"])
def test_a_blank_name_is_refused(file: CloudFile, typed: str) -> None:
    assert _refusal(file, typed)[0] == "required"


def test_dots_alone_are_no_name(file: CloudFile) -> None:
    assert _refusal(file, "..", change_extension=True)[0] == "dots"


def test_a_clash_in_the_same_folder_is_refused_with_a_free_name(file: CloudFile) -> None:
    CloudFileFactory(folder=file.folder, name="Worksheet.PDF")
    CloudFileFactory(folder=file.folder, name="worksheet (2).pdf")
    code, words = _refusal(file, "worksheet")
    assert code == "clash"
    assert "worksheet (3).pdf" in words


def test_the_same_name_elsewhere_or_of_a_file_that_is_gone_is_no_clash(file: CloudFile) -> None:
    CloudFileFactory(name="Worksheet.pdf")
    CloudFileFactory(folder=file.folder, name="Worksheet.pdf", gone=True)
    assert _new_name(file, "Worksheet") == "Worksheet.pdf"


def test_capitals_alone_may_be_changed(file: CloudFile) -> None:
    assert _new_name(file, "HANDOUT") == "HANDOUT.pdf"


@pytest.mark.parametrize("typed", ["Handout.pdf", "Handout", " Handout.PDF "])
def test_an_unchanged_name_is_refused(file: CloudFile, typed: str) -> None:
    assert _refusal(file, typed)[0] == "unchanged"


def test_a_proposal_says_before_and_after(file: CloudFile) -> None:
    form = _form(file, "Worksheet")
    assert form.is_valid()
    assert form.proposal().changes == {"name": {"before": "Handout.pdf", "after": "Worksheet.pdf"}}


def test_a_refused_edit_comes_back_as_it_was_typed(file: CloudFile) -> None:
    form = RenameCloudFileForm(target=file)
    assert form.restored({"fileName": "Worksheet.pdf"}) == {
        "name": "Worksheet.pdf",
        "change_extension": False,
    }
    assert form.restored({"fileName": "Worksheet.doc"}) == {"name": "Worksheet.doc", "change_extension": True}
    assert form.provider_fields == {"fileName": "name"}


def test_the_counter_counts_to_what_classin_warns_about(file: CloudFile) -> None:
    field: Any = RenameCloudFileForm(target=file).fields["name"]
    assert field.counter_limit == 32
    assert "maxlength" not in field.widget.attrs, "a browser would cut a pasted name without a word"


def shown(file: CloudFile) -> dict[str, str]:
    """What a browser sends back of an untouched form."""
    return {"name": file.name, "opened": RenameCloudFileForm(target=file).initial["opened"]}


def renamed_there(file: CloudFile, name: str) -> CloudFile:
    """A reading shows that somebody renamed the file at ClassIn."""
    known = [Known(file.provider_id, {"name": name, "folder_id": file.folder_id})]
    mirror.rows_learned(CloudFile, file.account, known, at=timezone.now(), source=MirrorRow.Source.READ)
    return CloudFile.objects.get(pk=file.pk)


def test_a_name_that_moved_on_is_shown_as_loaded_now_and_yours(file: CloudFile) -> None:
    posted = {**shown(file), "name": "Mine.pdf"}
    form = RenameCloudFileForm(posted, target=renamed_there(file, "Theirs.pdf"))
    assert not form.is_valid()
    (conflict,) = form.conflicts
    assert [option["text"] for option in conflict["conflict"]["options"]] == [
        file.name,
        "Theirs.pdf",
        "Mine.pdf",
    ]
    again = RenameCloudFileForm({**posted, "opened": form["opened"].value()}, target=form.target)
    assert again.is_valid(), again.errors
    assert again.proposal().changes == {"name": {"before": "Theirs.pdf", "after": "Mine.pdf"}}


def test_an_untouched_form_does_not_rename_back_what_others_renamed(file: CloudFile) -> None:
    form = RenameCloudFileForm(shown(file), target=renamed_there(file, "Theirs.pdf"))
    assert not form.is_valid()
    assert form.proposal().changes == {}
