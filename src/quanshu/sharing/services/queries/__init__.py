"""Reads of data services."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from quanshu.gateway.openapi import document
from quanshu.gateway.shape_specs import GroupSpec, MeasureSpec, StatisticSpec, decode_composite
from quanshu.gateway.snapshot import (
    FieldSpec,
    ParameterSpec,
    SandboxKeySpec,
    SandboxSpec,
    ServiceSpec,
)
from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.national_codes import Meaning, meanings
from quanshu.lake.disclosure import OTHER, UNKNOWN, labels_of
from quanshu.lake.masking import Mask, stricter_of
from quanshu.organisation.api import Region
from quanshu.shared.access.api import Actor, find_seen
from quanshu.shared.web.api import Card
from quanshu.sharing.services import rules
from quanshu.sharing.services.models import Consumer, Exchange, Grant, Service, ServiceVersion
from quanshu.sharing.services.types import (
    ConsentMode,
    ConsentTerms,
    ConsumerNotFound,
    ExchangeNotFound,
    GrantNotFound,
    ServiceData,
    ServiceFigures,
    ServiceNotFound,
    ServiceState,
    Shape,
    SpecChange,
    VersionNotOld,
)
from quanshu.sharing.subjects.api import digest_of
from quanshu.supply.catalogue.api import Entry, EntryVersion, ItemData

TEXTS = ("sid", "name", "name_en", "abstract", "abstract_en", "shape")
REST: Mapping[str, Meaning] = {OTHER: ("其他", "other"), UNKNOWN: ("不详", "unknown")}
REGION_WORDS = frozenset({"division", "region", "district"})
Sandboxes = Callable[[datetime], tuple[tuple[SandboxSpec, ...], tuple[SandboxKeySpec, ...]]]
_publish_checks: list[Callable[[Service], None]] = []
_sandboxes: list[Sandboxes] = []
_reviews: list[Callable[[Service], list[Card]]] = []


def register_publish_check(check: Callable[[Service], None]) -> None:
    """Ask `check` before a draft is published; it raises the refusal. A room above registers it at start."""
    _publish_checks.append(check)


def check_publishable(service: Service) -> None:
    """The rule of the button and of the write. Raises WrongState, GroundMissing, and what the rooms above raise."""
    rules.check_step(service.state, "published")
    rules.check_ground(*data_and_items(service))
    for check in _publish_checks:
        check(service)


def data_and_items(service: Service) -> tuple[ServiceData, dict[str, ItemData]]:
    """The draft as it was entered, and the items of its entry as published; none while it is not."""
    data = rules.data_of({name: getattr(service, name) for name in TEXTS}, service.spec)
    return data, items_in(terms_of(service.entry) or {"items": ()})


def is_sensitive(service: Service) -> bool:
    """Whether the draft tells of items that need a ground."""
    data, items = data_and_items(service)
    return bool(rules.sensitive_names(rules.told(data), items))


def register_review(find: Callable[[Service], list[Card]]) -> None:
    """Name the function that gives the review page more cards."""
    _reviews.append(find)


def review_cards(service: Service) -> list[Card]:
    """What the rooms above have to show before a draft is published."""
    return [card for find in _reviews for card in find(service)]


def register_sandboxes(find: Sandboxes) -> None:
    """Name the function that gives sandboxes and sandbox keys to the snapshot."""
    _sandboxes[:] = [find]


def sandboxes(now: datetime) -> tuple[tuple[SandboxSpec, ...], tuple[SandboxKeySpec, ...]]:
    """What the snapshot holds for the sandbox."""
    return _sandboxes[0](now) if _sandboxes else ((), ())


def list_services(actor: Actor) -> QuerySet[Service]:
    """Every service the actor may see."""
    return Service.objects.visible_to(actor).select_related("unit", "entry", "entry__unit")


def get_service(*, actor: Actor, uid: str) -> Service:
    """One service by uid or code; ServiceNotFound when there is none or it may not be seen."""
    service = list_services(actor).filter(Q(uid=uid) | Q(sid=uid)).first()
    if service is None:
        raise ServiceNotFound(service=uid)
    return service


def get_consumer(*, actor: Actor, uid: str) -> Consumer:
    """One application by uid or requester id; ConsumerNotFound."""
    consumer = Consumer.objects.visible_to(actor).select_related("unit").filter(Q(uid=uid) | Q(rid=uid)).first()
    if consumer is None:
        raise ConsumerNotFound(consumer=uid)
    return consumer


def get_grant(*, actor: Actor, uid: str) -> Grant:
    """One grant; GrantNotFound."""
    grants = Grant.objects.visible_to(actor).select_related("consumer__unit", "service__unit")
    return find_seen(grants, uid, GrantNotFound(grant=uid))


def get_exchange(*, actor: Actor, receipt_id: str) -> Exchange:
    """One call by its receipt; ExchangeNotFound."""
    calls = Exchange.objects.visible_to(actor).select_related("consumer__unit", "service__unit")
    found = calls.filter(receipt_id=receipt_id).first()
    if found is None:
        raise ExchangeNotFound(receipt=receipt_id)
    return found


def published_spec(service: Service) -> dict[str, Any]:
    """The spec in force, or the draft's when none has been published."""
    row = ServiceVersion.objects.filter(service=service, number=service.served_version or 0).first()
    spec: dict[str, Any] = row.spec if row is not None else service.spec
    return spec


def terms_of(entry: Entry) -> Mapping[str, Any] | None:
    """The entry as the catalogue last published it, None when it is not published. A draft's changes do not count."""
    row = EntryVersion.objects.filter(entry=entry, number=entry.published_version or 0).first()
    terms: Mapping[str, Any] | None = row.snapshot if row is not None else None
    return terms


def items_in(terms: Mapping[str, Any]) -> dict[str, ItemData]:
    """The items of a published entry by name."""
    items = (ItemData(**{**row, "code_list": tuple(row["code_list"])}) for row in terms["items"])
    return {item.name: item for item in items}


def fields_of(service: Service) -> tuple[str, ...]:
    """Names of the items a service can tell about."""
    return rules.offered(service.shape, published_spec(service))


def told_by(service: Service) -> tuple[str, ...]:
    """Names of the items the service as it is being edited can tell about."""
    return rules.offered(service.shape, service.spec)


def services_for_entry(entry: Entry) -> QuerySet[Service]:
    """Published services of an entry."""
    return Service.objects.filter(entry=entry, state=ServiceState.PUBLISHED).select_related("unit", "entry")


def least_masks(service: Service) -> dict[str, str]:
    """{field: the mask it leaves with} of a query or composite; other shapes answer with no single value."""
    if service.shape not in {Shape.QUERY, Shape.COMPOSITE}:
        return {}
    return {part["name"]: part["mask"] for part in published_spec(service)["fields"]}


def masks_agreed(*, consumer_id: int, entry: Entry, now: datetime) -> dict[str, str]:
    """{item: mask} agreed in grants that an application holds of an entry's queries; the strictest of several."""
    rows = Grant.objects.filter(consumer_id=consumer_id, service__entry=entry, service__shape=Shape.QUERY)
    found: dict[str, str] = {}
    for grant in rows.filter(revoked_at__isnull=True, valid_until__gt=now).exclude(masks={}):
        for name, mask in grant.masks.items():
            found[name] = str(stricter_of(Mask(mask), Mask(found.get(name, Mask.NONE))))
    return found


def find_covering(entry: Entry, fields: Sequence[str], *, by_consent: bool = True) -> Service | None:
    """A published query of the entry that offers every field asked for, the narrowest first; None when none does.

    One that asks for consent comes after those that do not, and not at all with `by_consent=False`.
    """
    wanted = set(fields)
    found = []
    for service in services_for_entry(entry).filter(shape=Shape.QUERY):
        offers, asks = set(fields_of(service)), asks_consent(service)
        if wanted <= offers and (by_consent or not asks):
            found.append((asks, len(offers), service.sid, service))
    return min(found)[3] if found else None


def asks_consent(service: Service) -> bool:
    """Whether the version in force asks for consent."""
    return consent_terms(service).mode == ConsentMode.CONSENT


def consent_only(entry: Entry) -> frozenset[str]:
    """Items of an entry that services tell by consent and none tells on another ground.

    Services that are published, also before their table is there, and those in force while their next version is a
    draft. A verification by law tells no value, and so frees none.
    """
    by_consent: set[str] = set()
    otherwise: set[str] = set()
    rows = Service.objects.filter(entry=entry, shape__in=[Shape.QUERY, Shape.VERIFY])
    for service in rows.exclude(state=ServiceState.WITHDRAWN).exclude(state=ServiceState.DRAFT, served_version=None):
        spec = service.spec if service.state == ServiceState.PUBLISHED else published_spec(service)
        names = rules.offered(service.shape, spec)
        if rules.terms_in(spec).mode == ConsentMode.CONSENT:
            by_consent.update(names)
        elif service.shape == Shape.QUERY:
            otherwise.update(names)
    return frozenset(by_consent - otherwise)


def gateway_spec(service: Service, spec: dict[str, Any], *, version: int, table: bool = True) -> ServiceSpec:
    """A service as gateways know it, with its serving table or without."""
    return ServiceSpec(
        sid=service.sid,
        version=version,
        name=service.name,
        name_en=service.name_en,
        abstract=service.abstract,
        abstract_en=service.abstract_en,
        provider=service.unit.name,
        shape=service.shape,
        table_file=service.serving_file if table else "",
        table=service.serving_table if table else "",
        parameters=tuple(
            ParameterSpec(**{key: value for key, value in part.items() if key != "example"})
            for part in spec["parameters"]
        ),
        fields=tuple(FieldSpec(**part) for part in spec["fields"]),
        row_cap=spec["row_cap"],
        entry_uid=service.entry.uid,
        key=tuple(service.serving_key) if table else (),
        statistic=cube_spec(spec["statistic"]) if spec.get("statistic") else None,
        composite=decode_composite(spec["composite"]) if spec.get("composite") else None,
        consent=rules.consent_spec(spec, digest_of),
    )


def consent_terms(service: Service) -> ConsentTerms:
    """On what ground the version in force answers."""
    return rules.terms_in(published_spec(service))


def cube_spec(cube: Mapping[str, Any]) -> StatisticSpec:
    """A statistic's cube as gateways know it: names, titles, and the labels of every group."""
    groups, _measures = rules.cube_of(cube)
    return StatisticSpec(
        groups=tuple(
            GroupSpec(group.name, labels_of(group), part["title"], part["title_en"], told_values(part))
            for group, part in zip(groups, cube["groups"], strict=True)
        ),
        measures=tuple(
            MeasureSpec(part["name"], part["kind"], part["title"], part["title_en"]) for part in cube["measures"]
        ),
        least=cube["least"],
        percent=cube["percent"],
    )


def group_meanings(part: Mapping[str, Any]) -> dict[str, Meaning]:
    """{value: (Chinese, English)} of a kept group whose codes are a national list's or those of regions."""
    known = [value for value in labels_of(rules.group_of(part)) if value not in REST]
    found = {} if part["kind"] == "bands" else meanings(part["item"], part["title"], known)
    return {**(found or region_names(part["item"], known)), **REST}


def told_values(part: Mapping[str, Any]) -> tuple[str, ...]:
    """The meanings of a group's values in their order; none where no code has one."""
    found = group_meanings(part)
    values = labels_of(rules.group_of(part))
    if not found.keys() & set(values) - REST.keys():
        return ()
    return tuple(" / ".join(filter(None, found.get(value, ()))) for value in values)


def region_names(item: str, codes: Sequence[str]) -> dict[str, Meaning]:
    """Names of regions whose codes, or the first digits of them, an item of that name holds."""
    if not REGION_WORDS & set(item.split("_")) or not all(code.isdecimal() and len(code) <= 12 for code in codes):
        return {}
    whole = {code.ljust(12, "0"): code for code in codes}
    rows = Region.objects.filter(code__in=whole).values_list("code", "name")
    return {whole[code]: (name, "") for code, name in rows}


def old_versions(service: Service) -> QuerySet[ServiceVersion]:
    """Versions before the one in force that have a printed end, passed or not, the oldest first."""
    rows = ServiceVersion.objects.filter(service=service, ends_on__isnull=False, number__lt=service.served_version or 0)
    return rows.order_by("number")


def end_of(row: ServiceVersion) -> datetime:
    """The moment after the last day of an old version, in the city. Raises VersionNotOld."""
    if row.ends_on is None:
        raise VersionNotOld(number=row.number)
    return datetime.combine(row.ends_on + timedelta(days=1), time.min, tzinfo=CITY_TZ)


def old_spec(service: Service, row: ServiceVersion, *, now: datetime) -> ServiceSpec:
    """An old version as gateways know it; one that has ended has no table any more and is refused by its number.

    One without a ground of its own ends when a version that asks for consent answers, whatever end was printed.
    """
    alive = end_of(row) > now and not rules.gives_way(row.spec, published_spec(service))
    return replace(
        gateway_spec(service, row.spec, version=row.number),
        table_file=row.serving_file if alive else "",
        table=row.serving_table,
        key=tuple(row.serving_key),
        deprecated_at=row.deprecated_at.timestamp() if row.deprecated_at else 0.0,
        ends_at=(end_of(row) if alive else min(end_of(row), now)).timestamp(),
        successor=service.served_version or 0,
    )


def changes_to(service: Service) -> tuple[SpecChange, ...]:
    """What the draft changes against the version in force; nothing when none is in force."""
    return rules.compare_specs(published_spec(service), service.spec) if service.served_version else ()


def openapi_of(service: Service, *, server: str, version: int = 0, now: datetime | None = None) -> dict[str, Any]:
    """The OpenAPI document of a service's version in force, or of an old one (`version`, with `now`)."""
    old = old_versions(service).filter(number=version).first() if version and now is not None else None
    if old is not None and now is not None:
        return document(old_spec(service, old, now=now), server=server)
    spec = published_spec(service)
    return document(gateway_spec(service, spec, version=service.served_version or service.version), server=server)


def service_figures() -> ServiceFigures:
    """Published services, and those whose latest probe answered."""
    published = Service.objects.filter(state=ServiceState.PUBLISHED)
    return ServiceFigures(published=published.count(), answering=published.filter(probe_ok=True).count())
