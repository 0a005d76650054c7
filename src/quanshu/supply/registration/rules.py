"""Decisions of registration. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from pathlib import PurePosixPath
from struct import error as StructError
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.registration.events import RegistrationEvent
from quanshu.supply.registration.permissions import RegistrationPermission
from quanshu.supply.registration.types import (
    AlreadyRegistered,
    ApplicationData,
    ApplicationKind,
    ApplicationState,
    CertificateState,
    MaterialKept,
    MaterialKind,
    MaterialsLacking,
    MaterialsMissing,
    MaterialWord,
    NoPublicity,
    NotCurrent,
    NotPublishedEntry,
    ObjectionData,
    Right,
    StillPublic,
    TooManyMaterials,
    Verdict,
    WrongStep,
)

P, E, S = RegistrationPermission, RegistrationEvent, ApplicationState
FORMAL_DAYS, MATERIAL_DAYS, PUBLICITY_DAYS, ACCEPT_DAYS = 3, 7, 5, 5
MOST_YEARS = 10
MOST_MATERIALS = 20
MATERIAL_MIB = 20
# Materials without which an application of a kind is not submitted.
REQUIRED: Mapping[ApplicationKind, tuple[MaterialKind, ...]] = {
    ApplicationKind.FIRST: (MaterialKind.SOURCE, MaterialKind.LEGALITY),
    ApplicationKind.CHANGE: (MaterialKind.LEGALITY,),
    ApplicationKind.TRANSFER: (MaterialKind.AGREEMENT,),
    ApplicationKind.CANCEL: (),
}
MATERIAL_NAMES: Mapping[MaterialKind, str] = {
    MaterialKind.SOURCE: N_("Proof of where the data come from"),
    MaterialKind.LEGALITY: N_("Statement of lawfulness"),
    MaterialKind.SECURITY: N_("Security assessment"),
    MaterialKind.AGREEMENT: N_("Agreement that grants the rights"),
    MaterialKind.OTHER: N_("Other material"),
}
# File name endings that are taken, with the format their content must have.
FORMATS: Mapping[str, str] = {
    ".pdf": "pdf",
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".docx": "docx",
    ".xlsx": "xlsx",
    ".xls": "ole",
}
STARTS: Mapping[bytes, str] = {
    b"%PDF-": "pdf",
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "ole",
}
ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Launch)\b")
PDF_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
ACTIVE_PARTS = re.compile(r"vbaproject|/activex/|/embeddings/.*\.bin\Z", re.IGNORECASE)
VBA_STORAGE = "_VBA_PROJECT".encode("utf-16-le")
UNDER_WAY = (S.DRAFT, S.ACCEPTING, S.FORMAL, S.MATERIAL, S.PUBLICITY)

MACHINE = Machine(
    name="registration.application",
    states=ApplicationState,
    refusal=WrongStep,
    transitions=(
        Transition("submit", frozenset({S.DRAFT}), S.FORMAL, P.APPLY, E.SUBMITTED, label=N_("Submit")),
        Transition("hand", frozenset({S.DRAFT}), S.ACCEPTING, P.APPLY, E.HANDED, label=N_("Hand to the receiver")),
        Transition("accept", frozenset({S.ACCEPTING}), S.FORMAL, P.ACCEPT, E.ACCEPTED, label=N_("Accept the transfer")),
        Transition("decline", frozenset({S.ACCEPTING}), S.DRAFT, P.ACCEPT, E.DECLINED, label=N_("Decline")),
        Transition("pass", frozenset({S.FORMAL}), S.MATERIAL, P.REVIEW, E.PASSED, label=N_("Formally complete")),
        Transition("publish", frozenset({S.MATERIAL}), S.PUBLICITY, P.REVIEW, E.PUBLISHED, label=N_("Make public")),
        Transition("conclude", frozenset({S.MATERIAL}), S.ISSUED, P.REVIEW, E.CANCELLED, label=N_("Cancel it")),
        Transition("issue", frozenset({S.PUBLICITY}), S.ISSUED, P.REVIEW, E.ISSUED, label=N_("Issue the certificate")),
        Transition(
            "return", frozenset({S.FORMAL, S.MATERIAL}), S.DRAFT, P.REVIEW, E.RETURNED, label=N_("To be completed")
        ),
        Transition(
            "refuse", frozenset({S.FORMAL, S.MATERIAL, S.PUBLICITY}), S.REFUSED, P.REVIEW, E.REFUSED, label=N_("Refuse")
        ),
        Transition("withdraw", frozenset({S.DRAFT}), S.WITHDRAWN, P.APPLY, E.WITHDRAWN, label=N_("Withdraw")),
    ),
)


def check_step(state: str, step: str) -> ApplicationState:
    """The state a step leads to. Raises `registration.wrong_state`."""
    return ApplicationState(MACHINE.check(state, step).target)


def check_data(data: ApplicationData) -> None:
    """The statements are there, at least one right is claimed, the years are sensible. Raises FieldErrors."""
    faults = []
    for name, text in (("source", data.source), ("legality", data.legality), ("duties", data.duties)):
        if len(text.strip()) < 4:
            faults.append(FieldError(name, N_("The statement is missing."), N_("State it in a sentence or more.")))
    if not data.rights or any(right not in set(Right) for right in data.rights):
        faults.append(FieldError("rights", N_("No right is claimed."), N_("Choose at least one of the three rights.")))
    if not 1 <= data.years <= MOST_YEARS:
        faults.append(FieldError("years", N_("The years are out of bounds."), N_("Choose one to ten years.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_objection(data: ObjectionData) -> None:
    """An objection names who files it, how to answer, and why. Raises FieldErrors."""
    faults = [
        FieldError(name, N_("This must not be empty."), N_("Fill it in."))
        for name, text in (("name", data.name), ("contact", data.contact), ("reason", data.reason))
        if not text.strip()
    ]
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_first(*, published: bool, registered: bool, under_way: bool) -> None:
    """A resource is registered once. Raises `registration.not_published`, `registration.already_registered`."""
    if not published:
        raise NotPublishedEntry
    if registered or under_way:
        raise AlreadyRegistered


def check_further(*, certificate_state: str, under_way: bool) -> None:
    """A change, transfer or cancellation is of a valid certificate, one at a time.

    Raises `registration.not_current`, `registration.already_registered`.
    """
    if certificate_state != CertificateState.VALID:
        raise NotCurrent
    if under_way:
        raise AlreadyRegistered


def check_issue(
    *,
    state: str,
    kind: str,
    until: date | None,
    today: date,
    open_objections: int,
    kept: Sequence[MaterialKept] = (),
) -> None:
    """A certificate is issued when publicity is over and no objection is open; a cancellation needs no publicity.

    Raises `registration.wrong_state`, `registration.still_public`, `registration.materials_lacking`.
    """
    if kind == ApplicationKind.CANCEL:
        check_step(state, "conclude")
        check_none_lacking(kept)
        return
    check_step(state, "issue")
    if open_objections or until is None or today <= until:
        raise StillPublic(until=until.isoformat() if until else "")


def check_pass(*, state: str, kept: Sequence[MaterialKept]) -> None:
    """Raises `registration.wrong_state`, `registration.materials_lacking`."""
    check_step(state, "pass")
    check_none_lacking(kept)


def check_publish(*, state: str, kind: str, kept: Sequence[MaterialKept]) -> None:
    """A cancellation is concluded without publicity.

    Raises `registration.wrong_state`, `registration.materials_lacking`.
    """
    if kind == ApplicationKind.CANCEL:
        raise WrongStep
    check_step(state, "publish")
    check_none_lacking(kept)


def check_public(state: str) -> None:
    """Raises `registration.no_publicity`."""
    if state != S.PUBLICITY:
        raise NoPublicity


def check_receiver(*, kind: str, holder: str, receiver: str, reason: str) -> None:
    """A transfer names another unit; what follows a certificate says why. Raises FieldErrors."""
    faults = []
    if kind == ApplicationKind.TRANSFER and (not receiver or receiver == holder):
        faults.append(FieldError("receiver", N_("A transfer goes to another unit."), N_("Choose the receiving unit.")))
    if not reason.strip():
        faults.append(FieldError("reason", N_("The reason is missing."), N_("Say why.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def format_of(content: bytes) -> str:
    """What the content itself is: pdf, png, jpeg, docx, xlsx, ole (the older Office), or "" for anything else."""
    for start, found in STARTS.items():
        if content.startswith(start):
            return found
    parts = parts_of(content)
    if "[Content_Types].xml" not in parts:
        return ""
    return "docx" if "word/document.xml" in parts else "xlsx" if "xl/workbook.xml" in parts else ""


def parts_of(content: bytes) -> frozenset[str]:
    """Names inside a zip archive, read from its directory without unpacking; none when it is no archive."""
    if not content.startswith(b"PK\x03\x04"):
        return frozenset()
    try:
        with ZipFile(BytesIO(content)) as archive:
            return frozenset(archive.namelist())
    except (BadZipFile, StructError, ValueError, OSError, EOFError, NotImplementedError, OverflowError):
        return frozenset()


def is_active(content: bytes) -> bool:
    """Whether a document brings macros, scripts or programs of its own, as far as its outside shows."""
    if content.startswith(b"%PDF-"):
        # A name may hide its letters behind #xx.
        plain = PDF_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), content)
        return ACTIVE_PDF.search(plain) is not None
    return VBA_STORAGE in content or any(ACTIVE_PARTS.search(part) for part in parts_of(content))


def check_material(*, kind: str, name: str, content: bytes) -> None:
    """A material is of a known kind, within the size, a PDF, image, Word or Excel file by its ending and by its
    content alike, and brings no macros. Raises FieldErrors."""
    faults = []
    if kind not in set(MaterialKind):
        remedy = N_("Choose one of: %(allowed)s.")
        faults.append(
            FieldError(
                "kind", N_("There is no such kind of material."), remedy, {"allowed": listed(tuple(MaterialKind))}
            )
        )
    if (fault := file_fault(name, content)) is not None:
        faults.append(fault)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def listed(values: Sequence[str]) -> str:
    """Values one after another."""
    return ", ".join(values)


def file_fault(name: str, content: bytes) -> FieldError | None:
    """The first thing that is wrong with a material's file."""
    ending = PurePosixPath(name).suffix.lower()
    given = {"name": name, "ending": ending, "most": MATERIAL_MIB, "allowed": listed(tuple(FORMATS))}
    if ending not in FORMATS:
        fault = N_("Files like %(name)s are not taken as material.")
        return FieldError("file", fault, N_("Use a PDF, an image, a Word or an Excel file: %(allowed)s."), given)
    if not content:
        return FieldError("file", N_("The file %(name)s is empty."), N_("Choose the right file."), given)
    if len(content) > MATERIAL_MIB * 1024 * 1024:
        fault = N_("The file %(name)s is larger than %(most)s MiB.")
        return FieldError("file", fault, N_("Make it smaller, or attach it in parts."), given)
    if format_of(content) != FORMATS[ending]:
        fault = N_("The content of %(name)s is not what its ending %(ending)s says.")
        return FieldError(
            "file", fault, N_("Save it again from the program it was made with, as a PDF if you can."), given
        )
    if is_active(content):
        fault = N_("The file %(name)s carries macros, scripts or embedded programs.")
        return FieldError("file", fault, N_("Save it without them, or as a plain PDF."), given)
    return None


def check_attachable(*, state: str, count: int, known: bool = False) -> None:
    """Materials are added while the applicant may edit, up to a number, and each once.

    Raises `registration.wrong_state`, `registration.too_many_materials`, FieldErrors.
    """
    check_step(state, "submit")
    if count >= MOST_MATERIALS:
        raise TooManyMaterials(most=MOST_MATERIALS)
    if known:
        fault = N_("The same file is attached already.")
        raise FieldErrors(errors=(FieldError("file", fault, N_("Choose another file.")),))


def missing_materials(kind: str, kept: Sequence[MaterialKept]) -> tuple[MaterialKind, ...]:
    """Kinds an application of `kind` needs and has no file of; a file found lacking does not count."""
    there = {material.kind for material in kept if material.verdict != Verdict.LACKING}
    return tuple(need for need in REQUIRED[ApplicationKind(kind)] if need not in there)


def check_submittable(*, state: str, kind: str, kept: Sequence[MaterialKept]) -> None:
    """A draft is submitted with every required material, and without one that was found lacking.

    Raises `registration.wrong_state`, `registration.materials_missing`, `registration.materials_lacking`.
    """
    check_step(state, "submit")
    if missing := missing_materials(kind, kept):
        raise MaterialsMissing(kinds=[need.value for need in missing], names=[MATERIAL_NAMES[need] for need in missing])
    check_none_lacking(kept)


def check_none_lacking(kept: Sequence[MaterialKept]) -> None:
    """An application goes on only without a lacking material. Raises `registration.materials_lacking`."""
    lacking = [material.name for material in kept if material.verdict == Verdict.LACKING]
    if lacking:
        raise MaterialsLacking(names=listed(lacking))


def check_words(*, state: str, words: Sequence[MaterialWord]) -> None:
    """A reviewer judges materials during the reviews; a lacking one needs a reason.

    Raises `registration.wrong_state`, FieldErrors (`reason_<uid of the material>`).
    """
    check_step(state, "return")
    faults = []
    for word in words:
        if word.verdict not in {"", *Verdict}:
            remedy = N_("Choose one of: %(allowed)s.")
            allowed = {"allowed": listed(tuple(Verdict))}
            faults.append(FieldError(f"verdict_{word.material}", N_("There is no such verdict."), remedy, allowed))
        elif word.verdict == Verdict.LACKING and not word.reason.strip():
            faults.append(
                FieldError(f"reason_{word.material}", N_("The reason is missing."), N_("Say what is lacking."))
            )
    if faults:
        raise FieldErrors(errors=tuple(faults))
