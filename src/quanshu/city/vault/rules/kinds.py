"""The types of certificate, as `data/types.toml` says them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from quanshu.city.vault.types import CertificateType, ClaimKind, ClaimSpec, UnknownType
from quanshu.kernel.identifiers.subject import SubjectKind


@cache
def certificate_types() -> Mapping[str, CertificateType]:
    """{code: type}, in the file's order."""
    text = files("quanshu.city.vault").joinpath("data/types.toml").read_text(encoding="utf-8")
    return read_types(tomllib.loads(text))


def read_types(given: Mapping[str, Any]) -> Mapping[str, CertificateType]:
    """Types as the file's tables give them. Raises KeyError or ValueError for a table that is not whole."""
    codes = given.get("codes", {})
    return {row["code"]: _type(row, codes) for row in given["type"]}


def _type(row: Mapping[str, Any], codes: Mapping[str, Mapping[str, str]]) -> CertificateType:
    return CertificateType(
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        subject=SubjectKind(row["subject"]),
        claims=tuple(_claim(claim, codes) for claim in row["claims"]),
        holders=tuple((line[0], line[1]) for line in row["holders"]),
        conditions=tuple((line[0], line[1], tuple(line[2:])) for line in row.get("conditions", ())),
        number=row.get("number", ""),
        validity=row["validity"],
        birth=row.get("birth", ""),
        statement=row["statement"],
        accent=row["accent"],
        seal=row["seal"],
    )


def _claim(row: Mapping[str, Any], codes: Mapping[str, Mapping[str, str]]) -> ClaimSpec:
    listed = row.get("codes", "")
    return ClaimSpec(
        name=row["name"],
        title=row["title"],
        title_en=row["title_en"],
        kind=ClaimKind(row.get("kind", "text")),
        column=row.get("column", row["name"]),
        hidden=row.get("hidden", True),
        required=row.get("required", True),
        codes=codes[listed] if listed else {},
        years=row.get("years", 0),
    )


def get_type(code: str) -> CertificateType:
    """Raises `vault.unknown_type`."""
    found = certificate_types().get(code)
    if found is None:
        raise UnknownType(type=code[:40], known=", ".join(certificate_types()))
    return found


def type_of_vct(vct: Any) -> CertificateType | None:
    """The type a credential names; None for one of another house."""
    return next((kind for kind in certificate_types().values() if kind.vct == vct), None)
