"""Values in words: what a code or a flag says to the person it is about."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import get_language, gettext

from quanshu.kernel.national_codes import Meaning, meanings
from quanshu.organisation.api import Region
from quanshu.supply.catalogue.api import ItemData
from quanshu.supply.fusion.api import LIFE_WORDS

REGION_WORDS = frozenset({"division", "region", "district"})
DISTRICT = 3


def in_words(item: ItemData, value: str | None) -> str:
    """A value as the reader's language says it: codes of national lists, regions, yes and no; else as it is held."""
    if value is None:
        return ""
    known = dict(choices_of(item)) or spoken(meanings(item.name, item.title, [value]))
    life = LIFE_WORDS.get(item.name, {}).get(value, "")
    return known.get(value) or region_in_words(item.name, value) or str(life) or value


def choices_of(item: ItemData) -> list[tuple[str, str]]:
    """[(value, words)] of an item that takes yes or no or codes whose meaning is known; else none."""
    if item.data_type == "boolean":
        return [("true", gettext("Yes")), ("false", gettext("No"))]
    return list(spoken(meanings(item.name, item.title, item.code_list)).items())


def spoken(found: Mapping[str, Meaning]) -> dict[str, str]:
    """{code: words} in the reader's language."""
    place = 1 if (get_language() or "").startswith("en") else 0
    return {code: words[place] or words[0] for code, words in found.items()}


def region_in_words(name: str, code: str) -> str:
    """District, street and community of a region's code; "" when the item holds none or the code is unknown."""
    if not REGION_WORDS & set(name.split("_")) or not code.isdecimal() or len(code) > 12:
        return ""
    region = Region.objects.select_related("parent__parent").filter(code=code.ljust(12, "0")).first()
    line: list[str] = []
    while region is not None and (region.level >= DISTRICT or not line):
        line.insert(0, region.name)
        region = region.parent
    return " ".join(line)
