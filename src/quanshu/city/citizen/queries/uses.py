"""Who used a subject's data: calls whose receipts carry marks of its rows, calls under its consents, scans of its
codes, and certificates of its vault that were opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from quanshu.city.citizen.queries.finding import records_of
from quanshu.city.citizen.types import HeldRecord, Use, UseKind, UseNotFound
from quanshu.city.codes.api import Scan
from quanshu.city.vault.api import Presentation, certificate_types
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor
from quanshu.sharing.consent.api import ConsentUse, delayed_receipts, uses_since
from quanshu.sharing.services.api import Exchange, calls_with_row, told_of
from quanshu.sharing.subjects.api import MandateScope, Subject, subjects_for
from quanshu.supply.catalogue.api import Entry, in_language, item_titles

REACH = timedelta(days=365)
MOST = 500
UNIT = "urn:quanshu:unit:"


def uses_of(subject: Subject, *, now: datetime) -> list[Use]:
    """Uses of a subject's data within a year, the latest first, 500 at the most; a call is told once.

    Of a call with more rows than are marked, the first 200 are known.
    """
    since = now - REACH
    found = calls_of(records_of(subject), since=since)
    for row in uses_since(subject, since=since):
        found.setdefault(row.receipt_id, use_by_consent(row))
    for receipt_id in delayed_receipts(list(found), now=now):
        found.pop(receipt_id, None)
    rows = [*found.values(), *scans_of(subject, since=since), *presentations_of(subject, since=since)]
    return sorted(rows, key=lambda use: use.at, reverse=True)[:MOST]


def get_use(*, actor: Actor, receipt_id: str, now: datetime) -> Use:
    """A use of the actor's own data, or of one whose uses it may see by a mandate. Raises `citizen.use_not_found`."""
    for subject in subjects_for(actor, now=now, what=MandateScope.VIEW):
        found = find_use(subject, receipt_id=receipt_id, now=now)
        if found is not None:
            return found
    raise UseNotFound


def find_use(subject: Subject, *, receipt_id: str, now: datetime) -> Use | None:
    """A use of a subject's data by its receipt; None also while a legal order delays that it is shown."""
    since = now - REACH
    shown = (
        *scans_of(subject, since=since, uid=receipt_id),
        *presentations_of(subject, since=since, uid=receipt_id),
    )
    if shown or delayed_receipts([receipt_id], now=now):
        return shown[0] if shown else None
    consented = uses_since(subject, since=since).filter(receipt_id=receipt_id).first()
    if consented is not None:
        return use_by_consent(consented)
    call = Exchange.objects.filter(receipt_id=receipt_id).select_related("service__entry").first()
    if call is None or call.service is None:
        return None
    records = records_of(subject, entry_uid=call.service.entry.uid)
    return calls_of(records, since=since, receipt_id=receipt_id).get(receipt_id)


def calls_of(records: Iterable[HeldRecord], *, since: datetime, receipt_id: str = "") -> dict[str, Use]:
    """Calls that carried some of these records by their receipts; one of them with `receipt_id`."""
    rows = list(records)
    entries = {row.uid: row for row in Entry.objects.filter(uid__in={record.entry_uid for record in rows})}
    found: dict[str, Use] = {}
    for record in rows:
        key = tuple(record.key.values())
        if not any(part is not None for part in key):
            continue
        for call in calls_with_row(entry_uid=record.entry_uid, key=key, since=since, receipt_id=receipt_id):
            found.setdefault(call.receipt_id, use_of(call, entries[record.entry_uid]))
    return found


def use_of(call: Exchange, entry: Entry) -> Use:
    """A call as its subject is told of it."""
    unit = call.consumer.unit if call.consumer else None
    return Use(
        at=call.at,
        unit=str(unit) if unit else "",
        application=call.consumer.title if call.consumer else call.rid,
        service=call.service.title if call.service else call.sid,
        purpose=call.purpose,
        case_number=call.case_number,
        fields=", ".join(item_titles(entry, sorted(told_of(call)))),
        receipt_id=call.receipt_id,
        table=entry.title,
    )


def use_by_consent(row: ConsentUse) -> Use:
    """A call under a consent as its subject is told of it."""
    service = row.consent.service
    return Use(
        at=row.at,
        unit=row.unit_name,
        application=row.application,
        service=service.title,
        purpose=row.purpose,
        case_number=row.case_number,
        fields=row.fields,
        receipt_id=row.receipt_id,
        table=service.title,
    )


def scans_of(subject: Subject, *, since: datetime, uid: str = "") -> list[Use]:
    """Scans of a subject's codes that were taken; one of them with `uid`. A refused one told nothing."""
    rows = Scan.objects.filter(subject=subject, ok=True, at__gte=since).select_related("scene__unit", "verifier")
    return [
        Use(
            at=row.at,
            unit=str(row.scene.unit),
            application=row.verifier.place or row.verifier.name,
            service=row.scene.title,
            purpose=row.scene.purpose,
            case_number="",
            fields=", ".join(row.told),
            receipt_id=row.uid,
            table=row.scene.title,
            kind=UseKind.SCAN,
        )
        for row in (rows.filter(uid=uid) if uid else rows)[:MOST]
    ]


def presentations_of(subject: Subject, *, since: datetime, uid: str = "") -> list[Use]:
    """Certificates of a subject's vault that were shown and opened; one of them with `uid`."""
    rows = Presentation.objects.filter(certificate__subject=subject, opened_at__gte=since)
    rows = rows.select_related("certificate", "request__unit").order_by("-opened_at")
    shown = list((rows.filter(uid=uid) if uid else rows)[:MOST])
    codes = {row.audience.removeprefix(UNIT) for row in shown if row.audience.startswith(UNIT)}
    units = {unit.code: str(unit) for unit in Unit.objects.filter(code__in=codes)}
    return [presentation_use(row, units) for row in shown]


def presentation_use(row: Presentation, units: Mapping[str, str]) -> Use:
    """A presentation as its subject is told of it. Who opens a link need not say who it is."""
    kind = certificate_types().get(row.certificate.type_code)
    titles = {claim.name: in_language(claim.title, claim.title_en) for claim in kind.claims} if kind else {}
    name = in_language(kind.name, kind.name_en) if kind else row.certificate.type_code
    return Use(
        at=row.opened_at or row.made_at,
        unit=units.get(row.audience.removeprefix(UNIT), ""),
        application=row.opened_by,
        service=name,
        purpose=row.purpose,
        case_number="",
        fields=", ".join(titles.get(claim, claim) for claim in row.claims),
        receipt_id=row.uid,
        table=name,
        kind=UseKind.PRESENTATION,
    )
