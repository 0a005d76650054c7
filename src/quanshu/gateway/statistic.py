"""A statistic: cells of one release, chosen by a call. What may not be told is not in the serving table at all.

The release is made before (see `quanshu.lake.disclosure`), with threshold, p% rule and complementary suppression. A
call names groups, measures and filters of the service's lists and is answered with whole cells of it, so that no
sequence of calls tells more than the release.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any

from quanshu.gateway.execution import Answer, BadParameter, Masks, answer_later, pick_fields
from quanshu.gateway.shape_specs import StatisticSpec
from quanshu.gateway.snapshot import ServiceSpec
from quanshu.gateway.tables import Rows, Server, open_table, quote

SUPPRESSED = "*"
LISTS = ("groups", "measures")


class Statistic:
    """One statistic over the table of its release."""

    def __init__(
        self, service: ServiceSpec, spec: StatisticSpec, directory: Path, *, server: Server | None = None
    ) -> None:
        self.service, self.spec = service, spec
        self.table = open_table(service.table_file, service.table, directory, server, sid=service.sid)
        self._groups = {group.name: frozenset(group.values) for group in spec.groups}
        self._measures = tuple(measure.name for measure in spec.measures)

    def asks(self, given: Mapping[str, Any], fields: Sequence[str] | None) -> Sequence[str]:
        """Groups, groups filtered by, and measures: each must be granted."""
        named = [name for key in LISTS for name in self._names(given, key)]
        filters = [name for name in given if name in self._groups]
        measures = self._names(given, "measures") or list(fields or ())
        return [*dict.fromkeys([*named, *filters, *measures])]

    def pick(self, asked: Sequence[str], granted: Sequence[str]) -> tuple[str, ...]:
        """Groups asked for, then measures: those asked for, or all granted ones."""
        chosen = pick_fields(self.service, asked, granted) if asked else ()
        groups = tuple(name for name in self._groups if name in chosen)
        measures = tuple(name for name in self._measures if name in chosen)
        if not measures:
            measures = tuple(name for name in self._measures if name in pick_fields(self.service, None, granted))
        return groups + measures

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """{groups, filters}. Raises BadParameter for what the service does not list."""
        for name in given:
            if name not in self._groups and name not in LISTS:
                raise BadParameter(
                    name=str(name)[:60], fault="服务没有该参数", fault_en="the service has no such parameter"
                )
        for key, known in (("groups", tuple(self._groups)), ("measures", self._measures)):
            for name in self._names(given, key):
                if name not in known:
                    raise BadParameter(
                        name=key,
                        fault=f"没有“{name[:60]}”，可选：{'、'.join(known)}",
                        fault_en=f"has no {name[:60]}; choose among {', '.join(known)}",
                    )
        filters = {name: self._filter(name, given[name]) for name in self._groups if given.get(name) not in (None, "")}
        return {"groups": self._names(given, "groups"), **filters}

    def _filter(self, name: str, value: Any) -> str:
        text = str(value)
        if text not in self._groups[name]:
            known = ", ".join(sorted(self._groups[name])[:20])
            raise BadParameter(name=name, fault=f"取值不在清单内：{known}", fault_en=f"is not on the list: {known}")
        return text

    def _names(self, given: Mapping[str, Any], key: str) -> list[str]:
        value = given.get(key)
        if value is None or value == "":
            return []
        found = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
            raise BadParameter(name=key, fault="须为名称列表", fault_en="must be a list of names")
        return [name for name in dict.fromkeys(found) if name]

    def run(
        self, values: Mapping[str, Any], fields: Sequence[str], *, most: int | None = None, masks: Masks = ()
    ) -> Answer | Awaitable[Answer]:
        """The cells of the table with these groups, those filtered by among them; no grant masks a cell.

        Raises TableMissing.
        """
        groups = [name for name in self._groups if name in fields]
        measures = [name for name in fields if name in self._measures]
        filters = [name for name in groups if name in values]
        where = "".join(
            f" AND {quote(f'g_{name}')} = {self.table.slot(number)}" for number, name in enumerate(filters, start=2)
        )
        columns = ", ".join(
            ["shown", *(quote(f"g_{name}") for name in groups), *(quote(f"m_{name}") for name in measures)]
        )
        sql = f"SELECT {columns} FROM {self.table.source} WHERE level = {self.table.slot(1)}{where} ORDER BY position"  # noqa: S608
        found = self.table.rows(sql, [",".join(groups), *(values[name] for name in filters)])

        def answer(rows: Rows) -> Answer:
            return Answer([cell(row, groups, measures) for row in rows], None)

        return answer(found) if isinstance(found, list) else answer_later(found, answer)


def cell(row: Sequence[Any], groups: Sequence[str], measures: Sequence[str]) -> dict[str, Any]:
    """One cell: its labels, and its measures or a star in the place of each."""
    shown, *rest = row
    labels = dict(zip(groups, rest, strict=False))
    told = rest[len(groups) :] if shown else [SUPPRESSED] * len(measures)
    return {**labels, **dict(zip(measures, told, strict=True))}
