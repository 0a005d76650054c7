"""Materials: which an application needs, which files are taken, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.demo.play.papers import paper
from quanshu.kernel.errors import FieldErrors
from quanshu.shared.files.api import clean_name
from quanshu.supply.registration import rules
from quanshu.supply.registration.types import (
    ApplicationKind,
    ApplicationState,
    MaterialKept,
    MaterialKind,
    MaterialsLacking,
    MaterialsMissing,
    MaterialWord,
    TooManyMaterials,
    WrongStep,
)
from support_registration import JPEG, OLE, PNG, office, pdf

KEPT = st.lists(
    st.builds(
        MaterialKept,
        kind=st.sampled_from(list(MaterialKind)),
        name=st.text(max_size=5),
        verdict=st.sampled_from(["", "complete", "lacking"]),
    ),
    max_size=8,
)


@given(kind=st.sampled_from(list(ApplicationKind)), kept=KEPT)
def test_a_draft_is_submitted_exactly_with_what_its_kind_needs(kind: ApplicationKind, kept: list[MaterialKept]) -> None:
    good = {material.kind for material in kept if material.verdict != "lacking"}
    missing = [need for need in rules.REQUIRED[kind] if need not in good]
    if missing:
        with pytest.raises(MaterialsMissing) as caught:
            rules.check_submittable(state="draft", kind=kind, kept=kept)
        assert caught.value.params["kinds"] == missing
        assert all(rules.MATERIAL_NAMES[need] in str(caught.value) for need in missing)
    elif any(material.verdict == "lacking" for material in kept):
        with pytest.raises(MaterialsLacking):
            rules.check_submittable(state="draft", kind=kind, kept=kept)
    else:
        rules.check_submittable(state="draft", kind=kind, kept=kept)


@given(kept=KEPT, kind=st.sampled_from(list(MaterialKind)))
def test_one_more_good_material_never_makes_more_missing(kept: list[MaterialKept], kind: MaterialKind) -> None:
    for asked in ApplicationKind:
        before = set(rules.missing_materials(asked, kept))
        assert set(rules.missing_materials(asked, [*kept, MaterialKept(kind, "x")])) == before - {kind}


@pytest.mark.parametrize("state", [state for state in ApplicationState if state != "draft"])
def test_materials_are_frozen_outside_a_draft(state: ApplicationState) -> None:
    with pytest.raises(WrongStep):
        rules.check_attachable(state=state, count=0)
    with pytest.raises(WrongStep):
        rules.check_submittable(state=state, kind="cancel", kept=[])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", pdf()),
        ("a.PDF", pdf()),
        ("a.png", PNG),
        ("a.jpg", JPEG),
        ("a.jpeg", JPEG),
        ("a.docx", office("word/document.xml")),
        ("a.xlsx", office("xl/workbook.xml")),
        ("a.xls", OLE),
    ],
)
def test_files_that_are_what_they_say_are_taken(name: str, content: bytes) -> None:
    rules.check_material(kind="source", name=name, content=content)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.exe", b"MZ", "not taken"),
        ("a.pdf.exe", pdf(), "not taken"),
        ("a.docm", office("word/document.xml"), "not taken"),
        ("a.html", b"<script>", "not taken"),
        ("a.svg", b"<svg/>", "not taken"),
        ("a.zip", office("x"), "not taken"),
        ("pdf", pdf(), "not taken"),
        (".pdf", pdf(), "not taken"),
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"MZ\x90", "content"),
        ("a.pdf", b"\n" + pdf(), "content"),
        ("a.png", JPEG, "content"),
        ("a.docx", office("xl/workbook.xml"), "content"),
        ("a.docx", b"PK\x03\x04 broken", "content"),
        ("a.docx", OLE, "content"),
        ("a.xlsx", office("xl/workbook.xml", "xl/vbaProject.bin"), "macros"),
        ("a.docx", office("word/document.xml", "word/activeX/activeX1.xml"), "macros"),
        ("a.docx", office("word/document.xml", "word/embeddings/oleObject1.bin"), "macros"),
        ("a.xls", OLE + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
        ("a.pdf", pdf("/OpenAction <</S /JavaScript>>"), "macros"),
        ("a.pdf", pdf("/S /Launch"), "macros"),
        ("a.pdf", pdf("/S /J#61vaScript"), "macros"),
        ("a.pdf", pdf() + b"0" * rules.MATERIAL_MIB * 1024 * 1024, "larger"),
    ],
)
def test_other_files_are_refused_in_plain_words(name: str, content: bytes, said: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        rules.check_material(kind="source", name=name, content=content)
    error = caught.value.as_dict()["errors"][0]
    assert error["field"] == "file"
    assert said in error["fault"]
    assert error["remedy"]


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"%PDF-", b"PK\x05\x06"]))
def test_no_content_breaks_the_look_at_it(content: bytes, start: bytes) -> None:
    assert rules.format_of(start + content) in {"", *rules.FORMATS.values()}
    rules.is_active(start + content)


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_damaged_archive_is_no_document_or_still_one(noise: bytes, at: int) -> None:
    content = bytearray(office("word/document.xml"))
    content[at : at + len(noise)] = noise
    assert rules.format_of(bytes(content)) in {"", *rules.FORMATS.values()}


def test_an_unknown_kind_and_a_bad_file_are_both_named() -> None:
    with pytest.raises(FieldErrors) as caught:
        rules.check_material(kind="gift", name="a.exe", content=b"MZ")
    assert [error.field for error in caught.value.errors] == ["kind", "file"]


@given(st.text(max_size=300))
def test_a_kept_name_has_no_folder_and_no_hidden_signs(name: str) -> None:
    kept = clean_name(name)
    assert kept.isprintable()
    assert "/" not in kept
    assert "\\" not in kept
    assert len(kept) <= 200
    assert clean_name(kept) == kept or kept.startswith(".")


def test_a_name_turned_round_shows_its_true_ending() -> None:
    assert clean_name("C:\\x\\fdp\u202efdp.exe") == "fdpfdp.exe"


def test_too_many_and_the_same_twice_are_refused() -> None:
    with pytest.raises(TooManyMaterials):
        rules.check_attachable(state="draft", count=rules.MOST_MATERIALS)
    with pytest.raises(FieldErrors):
        rules.check_attachable(state="draft", count=1, known=True)


def test_a_lacking_material_needs_a_reason_and_a_verdict_there_is() -> None:
    words = [MaterialWord("a", "lacking", " "), MaterialWord("b", "fine")]
    with pytest.raises(FieldErrors) as caught:
        rules.check_words(state="formal", words=words)
    assert [error.field for error in caught.value.errors] == ["reason_a", "verdict_b"]
    with pytest.raises(WrongStep):
        rules.check_words(state="draft", words=[])


def test_the_demo_papers_are_plain_pdfs() -> None:
    content = paper("数据来源证明", ["单位：市公安局", "来源清楚"])
    rules.check_material(kind="source", name="数据来源证明.pdf", content=content)
    start = int(content.split(b"startxref\n")[1].split()[0])
    assert content[start:].startswith(b"xref")
    assert content == paper("数据来源证明", ["单位：市公安局", "来源清楚"])
