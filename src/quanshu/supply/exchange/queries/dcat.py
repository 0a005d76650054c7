"""What the published catalogue says, as facts for the DCAT-AP export. Only versions in force are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation.api import Unit, UnitKind
from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue.api import Classification, Entry, EntryVersion, OpenType
from quanshu.supply.exchange.rules.dcat import (
    FORMATS,
    AgentFacts,
    CatalogueFacts,
    DatasetFacts,
    Text,
    graph_of,
)
from quanshu.supply.exchange.types import BadFormat

PAGE = 1000


def versions_in_force() -> QuerySet[EntryVersion]:
    """The version in force of every published entry, in the order of codes."""
    rows = EntryVersion.objects.filter(number=F("entry__published_version"))
    return rows.select_related("entry__unit").order_by("entry__code")


def readable_versions(actor: Actor) -> QuerySet[EntryVersion]:
    """Those of entries the actor may see."""
    return versions_in_force().filter(entry__in=Entry.objects.visible_to(actor))


def open_versions() -> QuerySet[EntryVersion]:
    """Those that are open to society without condition, by what is in force: anyone may read them."""
    return versions_in_force().filter(snapshot__open_type=OpenType.OPEN)


def catalogue_facts(base: str) -> CatalogueFacts:
    """The catalogue of this node."""
    unit = Unit.objects.filter(kind=UnitKind.PLATFORM, closed_on=None).order_by("path").first()
    name = settings.QUANSHU_NODE_NAME
    publisher = agent_of(unit) if unit else AgentFacts("node", Text(name))
    return CatalogueFacts(
        base=base,
        gateway=settings.QUANSHU_GATEWAY_URL.rstrip("/") + "/",
        title=Text(f"{name}公共数据目录", "Public data catalogue"),
        description=Text(f"{name}已发布的公共数据资源目录", "Published data resources of the public sector"),
        publisher=publisher,
        classes={row.code: Text(row.name, row.name_en) for row in Classification.objects.all()},
    )


def agent_of(unit: Unit) -> AgentFacts:
    """A unit as publisher and contact."""
    return AgentFacts(unit.uid, Text(unit.name, unit.name_en), unit.code, unit.office_phone, unit.office_name)


def dataset_facts(row: EntryVersion, uids: dict[str, str]) -> DatasetFacts:
    """A published version as a data set. `uids` are {code: uid} of entries in the same graph."""
    entry, said = row.entry, row.snapshot
    issued = row.published_at.astimezone(CITY_TZ)
    return DatasetFacts(
        uid=entry.uid,
        code=said["code"],
        title=Text(said["resource_name"], said["name_en"]),
        abstract=Text(said["abstract"], said["abstract_en"]),
        publisher=agent_of(entry.unit),
        classification=said["classification_code"],
        keywords=[Text(item["title"], item["title_en"]) for item in said["items"]],
        update_cycle=said["update_cycle"],
        share_type=said["share_type"],
        open_type=said["open_type"],
        version=row.number,
        issued=entry.publish_date or issued.date(),
        modified=issued.replace(microsecond=0),
        mounted=entry.mounted,
        data_until=entry.landed_at.astimezone(CITY_TZ).date() if entry.landed_at else None,
        condition=condition_of(said),
        related=[uids[code] for code in said["related_codes"] if code in uids],
    )


def condition_of(said: dict[str, Any]) -> str:
    """On what terms the data are had, in the entry's own words."""
    parts = {"2": said["share_condition"], "3": said["share_law"]}.get(said["share_type"], "")
    return "；".join(part for part in (parts, said["open_condition"]) if part)


def export_dcat(rows: Sequence[EntryVersion], *, base: str, name: str) -> tuple[bytes, str]:
    """(the graph of these versions in a format, its media type). Raises BadFormat."""
    if name not in FORMATS:
        raise BadFormat(format=name)
    uids = {row.snapshot["code"]: row.entry.uid for row in rows}
    graph = graph_of(catalogue_facts(base), [dataset_facts(row, uids) for row in rows])
    kind = "pretty-xml" if name == "xml" else name
    return graph.serialize(format=kind, encoding="utf-8"), FORMATS[name][0]


def format_called(ending: str) -> str:
    """The format of a file name's ending. Raises BadFormat."""
    for name, (_media, known) in FORMATS.items():
        if known == ending:
            return name
    raise BadFormat(format=ending)
