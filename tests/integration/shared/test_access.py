"""Access control: nothing is allowed unless said so, scopes reach what they say, lists and acts agree."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.shared.access.api import (
    ANONYMOUS,
    SYSTEM,
    Actor,
    ActorKind,
    NotAllowed,
    Place,
    Scope,
    allows,
    declared_grants,
    grants_for_roles,
    region_prefix,
    require,
    scope_q,
)
from quanshu.shared.access.models import Role, RolePermission
from quanshu.shared.access.seeding import seed
from quanshu.shared.access.services import RoleNotFound, set_grant
from quanshu.shared.audit import api as audit
from quanshu.shared.audit.models import AuditEntry
from quanshu.shared.outbox.models import OutboxEvent

NOW = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
READ = "test.thing.read"


class Thing:
    def __init__(self, place: Place) -> None:
        self.place = place

    def access_place(self) -> Place:
        return self.place


def person(scope: Scope | None, **more: str) -> Actor:
    grants = {} if scope is None else {READ: scope}
    held = {"unit_path": "/a/b/", "region_code": "370102000000", **more}
    return Actor("u1", "王敏", ActorKind.PERSON, unit_uid="b", grants=grants, **held)


HERE = Thing(Place(unit_path="/a/b/", region_code="370102000000"))
BELOW = Thing(Place(unit_path="/a/b/c/", region_code="370102001000"))
ABOVE = Thing(Place(unit_path="/a/", region_code="370100000000"))
BESIDE = Thing(Place(unit_path="/a/bb/", region_code="370103000000"))
MINE = Thing(Place(unit_path="/z/", region_code="110000000000", owner_uid="u1"))
ALL = (HERE, BELOW, ABOVE, BESIDE, MINE)


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        (None, ()),
        (Scope.NONE, ()),
        (Scope.OWN, (MINE,)),
        (Scope.UNIT, (HERE, MINE)),
        (Scope.TREE, (HERE, BELOW, MINE)),
        (Scope.REGION, (HERE, BELOW, MINE)),
        (Scope.ALL, ALL),
    ],
)
def test_each_scope_reaches_what_it_says(scope: Scope | None, reached: tuple[Thing, ...]) -> None:
    actor = person(scope)
    assert tuple(thing for thing in ALL if allows(actor, READ, thing)) == reached
    assert allows(actor, READ) is bool(reached)


def test_nothing_is_allowed_unless_said_so() -> None:
    for actor in (ANONYMOUS, person(None), person(Scope.ALL)):
        assert not allows(actor, "test.thing.write", HERE)
        with pytest.raises(NotAllowed) as refused:
            require(actor, "test.thing.write", HERE)
        assert refused.value.status == 403
        assert "test.thing.write" in str(refused.value)
        assert refused.value.remedy
    require(SYSTEM, "test.thing.write", HERE)


@pytest.mark.parametrize("scope", [Scope.OWN, Scope.UNIT, Scope.TREE, Scope.REGION])
def test_somebody_without_unit_or_region_reaches_nothing_by_accident(scope: Scope) -> None:
    nobody = Actor("", "", ActorKind.SERVICE, grants={READ: scope})
    assert not any(allows(nobody, READ, Thing(place)) for place in (Place(), HERE.place, MINE.place))


def test_region_prefixes() -> None:
    codes = ["370000000000", "370100000000", "370102000000", "370102001000", "370102001001"]
    assert [region_prefix(code) for code in codes] == ["37", "3701", "370102", "370102001", "370102001001"]


paths = st.sampled_from(["", "/a/", "/a/b/", "/a/b/c/", "/a/bb/", "/c/"])
regions = st.sampled_from(["", "370000000000", "370100000000", "370102000000", "370102001000", "370103000000"])
uids = st.sampled_from(["", "u1", "u2"])
actors = st.builds(
    lambda uid, path, region, scope: Actor(
        uid, "x", ActorKind.PERSON, unit_path=path, region_code=region, grants={READ: scope}
    ),
    uids,
    paths,
    regions,
    st.sampled_from(Scope),
)


@pytest.fixture
def rows(db: None) -> list[AuditEntry]:
    """One row for every combination of places, in a table that has the three columns."""
    made = []
    for path in ("", "/a/", "/a/b/", "/a/b/c/", "/a/bb/", "/c/"):
        for region in ("", "370100000000", "370102001000", "370103000000"):
            for owner in ("", "u1", "u2"):
                doer = Actor(owner, "x", ActorKind.PERSON)
                place = Place(path, region)
                made.append(audit.record(actor=doer, action="t", kind="t", place=place, now=NOW))
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actor=actors)
def test_a_list_shows_exactly_the_rows_an_act_is_allowed_on(rows: list[AuditEntry], actor: Actor) -> None:
    clause = scope_q(actor, READ, unit_path="unit_path", region="region_code", owner="actor_uid")
    listed = set(AuditEntry.objects.filter(clause).values_list("pk", flat=True))
    places = {row.pk: Thing(Place(row.unit_path, row.region_code, row.actor_uid)) for row in rows}
    assert listed == {pk for pk, thing in places.items() if allows(actor, READ, thing)}


@pytest.mark.django_db
def test_roles_together_give_the_widest_scope() -> None:
    grants = grants_for_roles(["chief", "auditor"])
    assert grants["audit.entry.view"] == Scope.ALL
    assert grants_for_roles(["chief"])["audit.entry.view"] == Scope.TREE
    assert grants_for_roles(["no-such-role"]) == {}
    assert Role.objects.count() == 9


@pytest.mark.django_db
def test_every_declared_grant_is_seeded_once_and_an_administrator_s_change_stays() -> None:
    declared = set(declared_grants())
    seeded = {(row.role.code, row.permission, row.scope) for row in RolePermission.objects.select_related("role")}
    assert seeded == declared
    RolePermission.objects.filter(role__code="chief", permission="audit.entry.view").delete()
    seed()
    assert not RolePermission.objects.filter(role__code="chief", permission="audit.entry.view").exists()


@pytest.mark.django_db
def test_an_administrator_changes_a_grant_and_it_is_noted() -> None:
    admin = Actor("adm", "管理员", ActorKind.PERSON, grants=grants_for_roles(["admin"]))
    set_grant(actor=admin, role_code="leader", permission="audit.entry.view", scope=Scope.REGION, now=NOW)
    assert grants_for_roles(["leader"])["audit.entry.view"] == Scope.REGION
    set_grant(actor=admin, role_code="leader", permission="audit.entry.view", scope=Scope.NONE, now=NOW)
    assert "audit.entry.view" not in grants_for_roles(["leader"])
    assert audit.history("access.role", "leader").count() == 2
    assert OutboxEvent.objects.filter(name="access.grant.set").count() == 2


@pytest.mark.django_db
def test_grants_are_refused_with_reasons() -> None:
    admin = Actor("adm", "管理员", ActorKind.PERSON, grants=grants_for_roles(["admin"]))
    with pytest.raises(NotAllowed):
        set_grant(actor=person(None), role_code="leader", permission="audit.entry.view", scope="all", now=NOW)
    with pytest.raises(RoleNotFound):
        set_grant(actor=admin, role_code="king", permission="audit.entry.view", scope="all", now=NOW)
    with pytest.raises(FieldErrors) as refused:
        set_grant(actor=admin, role_code="leader", permission="no.such.thing", scope="world", now=NOW)
    assert [error.field for error in refused.value.errors] == ["permission", "scope"]
    with pytest.raises(FieldErrors, match="scope"):
        set_grant(actor=admin, role_code="admin", permission="access.role.edit", scope=Scope.NONE, now=NOW)
    assert grants_for_roles(["admin"])["access.role.edit"] == Scope.ALL
