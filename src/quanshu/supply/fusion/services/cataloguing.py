"""What a scheme gives, in the catalogue: golden records, the map of records to identities, life status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quanshu.lake.linking.types import Attribute, PartyKind
from quanshu.lake.masking import Mask
from quanshu.lake.registry import golden_column
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import (
    GRADE_ORDER,
    Entry,
    EntryData,
    EntryState,
    Grade,
    ItemData,
    create_entry,
    items_of,
    publish_entry,
    revise_entry,
    set_items,
    submit_entry,
)
from quanshu.supply.fusion.models import Scheme
from quanshu.supply.fusion.queries.material import Material
from quanshu.supply.quality.api import adopt_suggestions

# Chinese and English titles of the products, appended to the scheme's own.
PRODUCTS = {
    "golden": ("融合记录", "golden records"),
    "map": ("身份对照", "identity map"),
    "life": ("生存状态", "life status"),
}
TITLES = {
    Attribute.IDENTIFIER: ("标识代码", "Identifier"),
    Attribute.NAME: ("名称", "Name"),
    Attribute.BIRTH_DATE: ("出生日期", "Date of birth"),
    Attribute.SEX: ("性别代码", "Sex"),
    Attribute.PHONE: ("联系电话", "Phone"),
    Attribute.DIVISION: ("区划代码", "Division code"),
    Attribute.ADDRESS: ("地址", "Address"),
    Attribute.REPRESENTATIVE: ("法定代表人", "Legal representative"),
}
IDENTITY = ItemData("identity", "融合身份号", title_en="Identity", length=36, is_key=True, grade=Grade.GENERAL_2)
SINCE = ItemData("since", "起始日期", "date", title_en="Since", grade=Grade.GENERAL_1)


def golden_items(material: Material) -> tuple[ItemData, ...]:
    """Columns of the golden table, each graded as the highest of the columns it may come from (就高从严)."""
    found = [IDENTITY]
    for attribute in material.attributes:
        origins = []
        for source in material.sources:
            column = source.columns.get(attribute)
            origins += [item for item in items_of(material.entries[source.name]) if item.name == column]
        grade = max((one.grade for one in origins if one.grade), key=GRADE_ORDER.__getitem__, default=Grade.GENERAL_1)
        masks = [one.mask for one in origins if one.mask not in {"", Mask.NONE}]
        title, title_en = TITLES[attribute]
        found.append(
            ItemData(
                golden_column(material.kind, attribute),
                title,
                title_en=title_en,
                grade=grade,
                personal=any(one.personal for one in origins),
                mask=masks[0] if masks else Mask.NONE,
            )
        )
    found += [
        ItemData("records", "记录数", "integer", title_en="Records", grade=Grade.GENERAL_1),
        ItemData("sources", "来源数", "integer", title_en="Sources", grade=Grade.GENERAL_1),
        SINCE,
    ]
    return tuple(found)


def map_items(material: Material) -> tuple[ItemData, ...]:
    """Columns of the map; a key that is personal in some source is masked for all."""
    keys = [
        item
        for source in material.sources
        for item in items_of(material.entries[source.name])
        if item.name in material.keys[source.name]
    ]
    grade = max((one.grade for one in keys if one.grade), key=GRADE_ORDER.__getitem__, default=Grade.GENERAL_2)
    personal = any(one.personal or one.mask not in {"", Mask.NONE} for one in keys)
    return (
        ItemData("source", "来源", title_en="Source", length=40, is_key=True, grade=Grade.GENERAL_1),
        ItemData(
            "record_key",
            "记录主键",
            title_en="Record key",
            is_key=True,
            grade=grade,
            personal=personal,
            mask=Mask.FULL if personal else Mask.NONE,
        ),
        ItemData("identity", "融合身份号", title_en="Identity", length=36, grade=Grade.GENERAL_2),
        ItemData("how", "关联方式", title_en="How", length=20, grade=Grade.GENERAL_1),
        ItemData("probability", "概率", "decimal", title_en="Probability", grade=Grade.GENERAL_1),
        SINCE,
    )


def life_items(material: Material) -> tuple[ItemData, ...]:
    """Columns of the table of life status; what is inferred of a person's death is graded as a death."""
    personal = {"grade": Grade.GENERAL_3, "personal": True}
    return (
        IDENTITY,
        ItemData("status", "生存状态", title_en="Status", length=10, **personal),  # type: ignore[arg-type]
        ItemData("since", "起始日期", "date", title_en="Since", **personal),  # type: ignore[arg-type]
        ItemData("by_source", "依据来源", title_en="By source", length=40, grade=Grade.GENERAL_2),
        ItemData("by_kind", "依据类型", title_en="By kind", length=40, grade=Grade.GENERAL_2),
        ItemData("conflict", "来源是否矛盾", "boolean", title_en="Sources disagree", grade=Grade.GENERAL_2),
        ItemData("pieces", "证据数", "integer", title_en="Pieces of evidence", grade=Grade.GENERAL_1),
    )


def catalogue_scheme(scheme: Scheme, material: Material, now: datetime) -> None:
    """Make or bring up to date the entries of a scheme; the caller saves it."""
    scheme.golden_entry = entry_of(scheme, scheme.golden_entry, "golden", golden_items(material), now)
    scheme.map_entry = entry_of(scheme, scheme.map_entry, "map", map_items(material), now)
    if material.evidence and material.kind is PartyKind.PERSON:
        scheme.life_entry = entry_of(scheme, scheme.life_entry, "life", life_items(material), now)


def entry_of(scheme: Scheme, entry: Entry | None, what: str, items: Sequence[ItemData], now: datetime) -> Entry:
    """One entry, made at the first time, its items brought up to date at later ones."""
    title, title_en = PRODUCTS[what]
    if entry is None:
        data = EntryData(
            resource_name=f"{scheme.title}·{title}",
            name_en=f"{scheme.title_en or scheme.title}: {title_en}",
            classification_code=scheme.classification_code,
            abstract=scheme.description or scheme.title,
            share_condition=scheme.title,
            update_cycle="daily",
        )
        entry = create_entry(actor=SYSTEM, now=now, unit=scheme.unit, data=data, items=items)
        adopt_suggestions(actor=SYSTEM, now=now, entry=entry)
    elif items_of(entry) == tuple(items):
        return entry
    else:
        if entry.state != EntryState.DRAFT:
            entry = revise_entry(actor=SYSTEM, now=now, entry=entry)
        entry = set_items(actor=SYSTEM, now=now, entry=entry, items=items)
    entry = submit_entry(actor=SYSTEM, now=now, entry=entry)
    return publish_entry(actor=SYSTEM, now=now, entry=entry)
