"""Reads of the catalogue standard."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from django.db.models import QuerySet

from quanshu.shared.access.api import Actor
from quanshu.supply.standards.models import Version
from quanshu.supply.standards.types import Standard, VersionNotFound, VersionState, from_plain

FIRST = 1


@lru_cache(maxsize=1)
def shipped() -> dict[str, Any]:
    """The first version as it is shipped."""
    text = files("quanshu.supply.standards").joinpath("data/first.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@lru_cache(maxsize=1)
def first_standard() -> Standard:
    """The first version of the standard: what an entry is held against when nothing else is said."""
    return from_plain(shipped()["content"], number=FIRST)


@lru_cache(maxsize=16)
def parsed(number: int, edits: int, text: str) -> Standard:
    """A version's content as values; kept, since every check of an entry asks for it."""
    return from_plain(json.loads(text), number=number)


def content_of(version: Version) -> Standard:
    """What a version says."""
    return parsed(version.number, version.edits, json.dumps(version.content, sort_keys=True))


def list_versions(actor: Actor) -> QuerySet[Version]:
    """Versions the actor may see, newest first."""
    return Version.objects.visible_to(actor)


def get_version(*, actor: Actor, number: int | str) -> Version:
    """One version by its number, also as an address writes it.

    Raises VersionNotFound when there is none or it may not be seen.
    """
    text = str(number)
    known = text.isascii() and text.isdecimal() and len(text) < 10
    version = list_versions(actor).filter(number=int(text)).first() if known else None
    if version is None:
        raise VersionNotFound(number=number)
    return version


def standard_of(number: int) -> Standard:
    """What version `number` says, whoever asks. Raises VersionNotFound."""
    version = Version.objects.filter(number=number).first()
    if version is None:
        raise VersionNotFound(number=number)
    return content_of(version)


def version_in_force() -> Version:
    """The version in force. Raises VersionNotFound on a node whose tables are empty."""
    version = Version.objects.filter(state=VersionState.IN_FORCE).order_by("-number").first()
    if version is None:
        raise VersionNotFound(number=FIRST)
    return version


def standard_in_force() -> Standard:
    """What the version in force says."""
    return content_of(version_in_force())


def version_before(version: Version) -> Version | None:
    """The version this one was drafted from: the newest below it."""
    return Version.objects.filter(number__lt=version.number).order_by("-number").first()


def open_version() -> Version | None:
    """The version that is being prepared or waits for its day, if any."""
    return Version.objects.filter(state__in=[VersionState.DRAFT, VersionState.DECIDED]).first()
