"""Schemes as text: their lines read and checked. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import now as moment
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.linking.types import Attribute, PartyKind
from quanshu.lake.registry import EvidenceSpec, Survivor, SurvivorRule
from quanshu.supply.fusion.rules.life import KINDS
from quanshu.supply.fusion.types import BadLine, SchemeData, SourceSpec

NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
EVIDENCE = re.compile(
    r"(?P<source>\w+)\s*:\s*(?P<kind>\w+)\s*=\s*(?P<column>\w+)(?:\s+where\s+(?P<where>\w+)\s+in\s+(?P<values>.+))?"
)
# What an enterprise has no use for.
OF_PERSONS = frozenset({Attribute.BIRTH_DATE, Attribute.SEX})


def lines_of(text: str) -> Iterator[str]:
    """Lines that say something; those that begin with # are remarks."""
    for line in text.splitlines():
        if line.strip() and not line.strip().startswith("#"):
            yield line.strip()


def parse_sources(text: str) -> tuple[SourceSpec, ...]:
    """Sources in their order of rank. Raises `fusion.bad_line`."""
    found: dict[str, SourceSpec] = {}
    for line in lines_of(text):
        name, equals, rest = (part.strip() for part in line.partition("="))
        code, *parts = (part.strip() for part in rest.split("|"))
        if not equals or not NAME.fullmatch(name) or not code:
            raise BadLine(line=line, fault=N_("this is not “name = resource code | …”."))
        if name in found:
            raise BadLine(line=line, fault=N_("the name is used twice."))
        found[name] = _source(line, name, code, parts)
    return tuple(found.values())


def _source(line: str, name: str, code: str, parts: Sequence[str]) -> SourceSpec:
    columns: dict[str, str] = {}
    fresh, one_row = "", False
    for part in parts:
        if part == "one row":
            one_row = True
        elif part.startswith("fresh "):
            fresh = part.removeprefix("fresh ").strip()
        else:
            for pair in part.split(","):
                attribute, colon, column = (piece.strip() for piece in pair.partition(":"))
                if not colon or not column or attribute not in set(Attribute):
                    raise BadLine(line=line, fault=N_("a part is not “attribute: column” of a known attribute."))
                columns[attribute] = column
    if not columns:
        raise BadLine(line=line, fault=N_("no attribute is given."))
    return SourceSpec(name, code, columns, fresh, one_row)


def parse_survivors(text: str, *, sources: Collection[str]) -> tuple[SurvivorRule, ...]:
    """Rules of survivorship, one an attribute. Raises `fusion.bad_line`."""
    found: dict[str, SurvivorRule] = {}
    for line in lines_of(text):
        attribute, equals, rest = (part.strip() for part in line.partition("="))
        how, *order = (part.strip() for part in rest.split(","))
        if not equals or attribute not in set(Attribute) or attribute in found:
            raise BadLine(line=line, fault=N_("no known attribute, or named twice."))
        if how not in set(Survivor):
            raise BadLine(line=line, fault=N_("the way is source, frequent or longest."))
        unknown = [name for name in order if name not in sources]
        if unknown:
            raise BadLine(line=line, fault=N_("it names a source that the scheme does not have."))
        found[attribute] = SurvivorRule(attribute, Survivor(how), tuple(order))
    return tuple(found.values())


def parse_evidence(text: str, *, sources: Collection[str]) -> tuple[EvidenceSpec, ...]:
    """Evidence of life and death. Raises `fusion.bad_line`."""
    found = []
    for line in lines_of(text):
        match = EVIDENCE.fullmatch(line)
        if match is None:
            raise BadLine(line=line, fault=N_("this is not “source: kind = date column where column in a, b”."))
        if match["source"] not in sources:
            raise BadLine(line=line, fault=N_("it names a source that the scheme does not have."))
        if match["kind"] not in KINDS:
            raise BadLine(line=line, fault=N_("there is no such kind of evidence."))
        values = tuple(part.strip() for part in (match["values"] or "").split(",") if part.strip())
        found.append(EvidenceSpec(match["source"], match["kind"], match["column"], match["where"] or "", values))
    return tuple(found)


def check_scheme(data: SchemeData, *, taken: Collection[str], classes: Collection[str]) -> None:
    """A scheme has a code of its own, a kind, a title, a place in the catalogue, thresholds in order. Raises
    FieldErrors."""
    faults = []

    def fault(field: str, text: str, remedy: str) -> None:
        faults.append(FieldError(field, text, remedy))

    if not NAME.fullmatch(data.code):
        fault("code", N_("This is no code."), N_("Use lower-case letters, digits and underscores, 30 at most."))
    elif data.code in taken:
        fault("code", N_("The code is taken."), N_("Choose another code."))
    if data.kind not in set(PartyKind):
        fault("kind", N_("There is no such kind."), N_("Choose from the list."))
    if not data.title.strip():
        fault("title", N_("The title is empty."), N_("Give the scheme a title."))
    if data.classification_code not in classes:
        fault(
            "classification_code", N_("There is no such class in the catalogue."), N_("Choose a class from the list.")
        )
    if not 0 < data.review_at <= data.link_at < 1:
        remedy = N_("Choose probabilities between 0 and 1; the one of review is not above the one of linking.")
        fault("review_at", N_("The thresholds are out of order."), remedy)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_sources(
    data: SchemeData, sources: Sequence[SourceSpec], *, columns: Mapping[str, Collection[str]], known: Collection[str]
) -> None:
    """Every source is an entry one may see, with the columns named. Raises FieldErrors.

    `columns` is {name of the source: columns of its entry}; `known` are the names whose entry was found.
    """
    faults = []
    if data.kind == PartyKind.ENTERPRISE and any(lines_of(data.evidence)):
        text = N_("Evidence of life is for persons.")
        faults.append(FieldError("evidence", text, N_("Leave it empty for enterprises.")))
    if not sources:
        faults.append(FieldError("sources", N_("No source is given."), N_("Write one source a line.")))
    for source in sources:
        params = {"name": source.name, "code": source.code}
        if source.name not in known:
            text = N_("Source %(name)s: there is no entry %(code)s that you may see.")
            faults.append(FieldError("sources", text, N_("Give the resource code of an entry."), params))
            continue
        named = {*source.columns.values(), *([source.fresh] if source.fresh else [])}
        for spec in parse_evidence(data.evidence, sources={one.name for one in sources}):
            named |= {name for name in (spec.column, spec.where) if name and spec.source == source.name}
        missing = sorted(named - set(columns[source.name]))
        if missing:
            text = N_("Source %(name)s has no column %(missing)s.")
            remedy = N_("Name columns of the entry.")
            faults.append(FieldError("sources", text, remedy, {**params, "missing": ", ".join(missing)}))
        if data.kind == PartyKind.ENTERPRISE and OF_PERSONS & set(source.columns):
            text = N_("Source %(name)s: an enterprise has no birth date and no sex.")
            faults.append(FieldError("sources", text, N_("Leave these attributes out."), params))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_cron(cron: str) -> None:
    """An empty schedule means none. Raises FieldErrors."""
    if not cron:
        return
    try:
        CronSim(cron, moment())
    except CronSimError as error:
        remedy = N_("Write minute, hour, day, month and weekday, for example “0 2 * * *” for two o'clock each night.")
        fault = FieldError("cron", N_("“%(cron)s” is no schedule."), remedy, {"cron": cron})
        raise FieldErrors(errors=(fault,)) from error
