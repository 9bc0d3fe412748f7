"""What is accepted as a cover picture."""

from __future__ import annotations

import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from courses import covers
from tests.courses.conftest import filled, picture


def refusal(upload: SimpleUploadedFile) -> str:
    with pytest.raises(ValidationError) as refused:
        covers.checked(upload)
    return refused.value.code


def png_head(width: int, height: int) -> bytes:
    """A PNG that claims these measures and has no picture in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("kind", "type_"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_a_picture_is_taken_with_its_real_type(kind, type_):
    cover = covers.checked(picture(kind=kind, name="a.png", declared="text/html"))
    assert cover.content_type == type_
    assert (cover.width, cover.height) == (320, 180)


def test_the_name_gets_the_extension_of_what_it_is():
    assert covers.checked(picture(kind="JPEG", name="intro.png")).name == "intro.jpg"
    assert covers.checked(picture(kind="PNG", name="封面.PNG")).name == "封面.PNG"
    assert covers.checked(picture(kind="JPEG", name="a.jpeg")).name == "a.jpeg"
    assert len(covers.checked(picture(name="n" * 150 + ".png")).name) == covers.LONGEST_NAME


@pytest.mark.parametrize(
    "content", [b"GIF89a" + b"0" * 50, b"<svg/>", b"%PDF-1.7", b"MZ" + b"\0" * 200, b"x"]
)
def test_what_is_no_picture_is_refused(content):
    assert refusal(SimpleUploadedFile("cover.png", content, "image/png")) == "not_a_picture"


def test_other_kinds_of_picture_are_refused():
    assert refusal(picture(kind="GIF", name="cover.png")) == "not_a_picture"
    assert refusal(picture(kind="BMP", name="cover.png")) == "not_a_picture"


@pytest.mark.parametrize("size", [(99, 200), (200, 99), (6001, 200)])
def test_measures_are_bounded(size):
    assert refusal(picture(size)) == "measures"


@pytest.mark.parametrize("measures", [(5000, 5000), (6000, 6000)])
def test_a_bomb_is_refused_before_it_is_decoded(measures):
    assert refusal(SimpleUploadedFile("bomb.png", png_head(*measures), "image/png")) == "too_many_pixels"


@pytest.mark.parametrize("measures", [(9000, 10_000), (60_000, 60_000)])
def test_a_bomb_that_the_decoder_itself_knows_is_refused(measures):
    code = refusal(SimpleUploadedFile("bomb.png", png_head(*measures), "image/png"))
    assert code in ("too_many_pixels", "measures")


def test_a_cut_off_picture_is_refused():
    whole = picture((800, 800), kind="JPEG").read()
    assert refusal(SimpleUploadedFile("cover.jpg", whole[: len(whole) // 2], "image/jpeg")) == "damaged"
    assert refusal(SimpleUploadedFile("cover.png", png_head(300, 300), "image/png")) == "damaged"


def test_a_large_file_is_refused_unread():
    upload = SimpleUploadedFile("cover.png", b"x" * (covers.LARGEST_BYTES + 1), "image/png")
    assert refusal(upload) == "too_large"


@pytest.mark.django_db
def test_the_form_freezes_the_cover_as_an_attachment(course):
    form = filled(course, files={"cover": picture(name="ielts.png")})
    assert form.is_valid(), form.errors
    proposal = form.proposal()
    assert proposal.attachment.content_type == "image/png"
    assert proposal.params["cover"]["name"] == "ielts.png"
    assert proposal.params["cover"]["size"] == len(proposal.attachment.content)
    assert "320 × 180" in proposal.changes["cover_name"]["after"]


@pytest.mark.django_db
def test_the_form_says_that_a_file_is_no_picture(course):
    form = filled(course, files={"cover": SimpleUploadedFile("cover.png", b"hello", "image/png")})
    assert "not a JPEG or PNG" in form.errors["cover"][0]
    empty = filled(course, files={"cover": SimpleUploadedFile("cover.png", b"", "image/png")})
    assert "cover" in empty.errors


@pytest.mark.django_db
def test_a_picture_beside_another_error_has_to_be_chosen_again(course):
    form = filled(course, name="", files={"cover": picture(name="<b>.png")})
    assert not form.is_valid()
    assert "once more" in form.fields["cover"].help_text
    assert "<b>" not in form.fields["cover"].help_text
