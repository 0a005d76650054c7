"""Rules over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.quality import queries, services
from quanshu.supply.quality.models import Rule, RuleVersion
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import RuleData, Severity

router = Router()


class RuleBody(Schema):
    """A rule as entered. `params` by kind: code_list {codes}, pattern {pattern}, range {min, max},
    reference {table, column}; date_order names the earlier column first."""

    name: str
    kind: str
    columns: list[str]
    params: dict[str, Any] = {}
    dimension: str = ""
    severity: str = Severity.ERROR

    def value(self) -> RuleData:
        """As the value services take."""
        return RuleData(self.name, self.kind, tuple(self.columns), self.params, self.dimension, self.severity)


class SwitchBody(Schema):
    """On or off."""

    active: bool


def version_row(version: RuleVersion) -> dict[str, Any]:
    """A rule's definition."""
    return {
        "version": version.number,
        "kind": version.kind,
        "columns": version.columns,
        "params": version.params,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def rule_row(rule: Rule) -> dict[str, Any]:
    """A rule with its present definition."""
    head = {
        "uid": rule.uid,
        "name": rule.name,
        "entry_uid": rule.entry.uid,
        "entry_name": rule.entry.resource_name,
        "unit_name": rule.entry.unit.name,
        "dimension": rule.dimension,
        "severity": rule.severity,
        "active": rule.active,
    }
    return head | (version_row(rule.current) if rule.current else {})


def find(request: HttpRequest, uid: str) -> Rule:
    """The rule of the address, as the caller may see it."""
    return queries.get_rule(actor=actor_of(request, P.VIEW), uid=uid)


@router.get("/rules")
def list_rules(
    request: HttpRequest, entry: str = "", kind: str = "", active: bool | None = None, limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Rules; `entry` is a catalogue entry's uid."""
    actor = actor_of(request, P.VIEW)
    facets = {"entry__uid": entry, "current__kind": kind, "active": active}
    rows = queries.list_rules(actor).filter(**{key: value for key, value in facets.items() if value not in ("", None)})
    return page_of(rows, limit=limit, offset=offset, serialise=rule_row)


@router.get("/rules/{uid}")
def get_rule(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One rule with all its versions."""
    rule = find(request, uid)
    return rule_row(rule) | {"versions": [version_row(version) for version in rule.versions.all()]}


@router.post("/tables/{entry_uid}/rules", response={201: dict[str, Any]})
def create_rule(request: HttpRequest, entry_uid: str, body: RuleBody) -> Status[dict[str, Any]]:
    """Make a rule for an entry's table."""
    actor = actor_of(request, P.EDIT)
    entry = queries.get_table(actor=actor, uid=entry_uid)
    return Status(201, rule_row(services.create_rule(actor=actor, now=now(), entry=entry, data=body.value())))


@router.post("/tables/{entry_uid}/rules/suggested", response={201: dict[str, Any]})
def adopt_suggested(request: HttpRequest, entry_uid: str) -> Status[dict[str, Any]]:
    """Take up the rules that follow from the entry's items."""
    actor = actor_of(request, P.EDIT)
    entry = queries.get_table(actor=actor, uid=entry_uid)
    made = services.adopt_suggestions(actor=actor, now=now(), entry=entry)
    return Status(201, {"items": [rule_row(rule) for rule in made]})


@router.put("/rules/{uid}")
def revise_rule(request: HttpRequest, uid: str, body: RuleBody) -> dict[str, Any]:
    """Give a rule its next version."""
    actor = actor_of(request)
    return rule_row(services.revise_rule(actor=actor, now=now(), rule=find(request, uid), data=body.value()))


@router.post("/rules/{uid}/switch")
def switch_rule(request: HttpRequest, uid: str, body: SwitchBody) -> dict[str, Any]:
    """Switch a rule on or off."""
    actor = actor_of(request)
    return rule_row(services.switch_rule(actor=actor, now=now(), rule=find(request, uid), active=body.active))
