"""Reading what a scene may read: of the holder's account here, of services through the gateway as anybody must."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from quanshu.city.codes import rules
from quanshu.city.codes.types import AccountField, NotRead, Person, Read, ScenePort, Source, Told
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.masking import Mask, mask_value
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.services.api import Consumer, Service, call_as, published_spec
from quanshu.sharing.subjects.api import SubjectKind


class AccountPort:
    """The account: names, the masked number, and whether an age is reached."""

    def read(self, reads: Sequence[Read], person: Person, *, case_number: str, now: datetime) -> list[Told]:
        return [Told(read, self.value(read, person, city_day(now))) for read in reads]

    def value(self, read: Read, person: Person, today: date) -> Any:
        """One field; None where the holder has none."""
        if read.field == AccountField.NAME:
            return person.name
        if read.field == AccountField.AGENT:
            return person.agent or None
        if person.kind != SubjectKind.PERSON:
            return person.number if read.field == AccountField.NUMBER else None
        if read.field == AccountField.NUMBER:
            return mask_value(Mask.CITIZEN_ID, person.number)
        return rules.age_on(person.number, today) >= read.least


class GatewayPort:
    """Services, each called once through the gateway as the application whose grant covers the fields."""

    def read(self, reads: Sequence[Read], person: Person, *, case_number: str, now: datetime) -> list[Told]:
        found: dict[Read, Told] = {}
        for (rid, sid), group in groupby(sorted(reads, key=lambda read: (read.via, read.of)), lambda r: (r.via, r.of)):
            part = list(group)
            found |= dict(zip(part, self.call(rid, sid, part, person, case_number, now), strict=True))
        return [found[read] for read in reads]

    def call(
        self, rid: str, sid: str, reads: Sequence[Read], person: Person, case_number: str, now: datetime
    ) -> list[Told]:
        """One call; where it is refused or not answered, each field says so by the code of the refusal."""
        consumer = Consumer.objects.filter(rid=rid, active=True).first()
        service = Service.objects.filter(sid=sid, served_version__isnull=False).first()
        places = rules.fillable(published_spec(service).get("parameters", ()), person.kind) if service else {}
        if consumer is None or not places:
            return [Told(read, fault=NotRead.code) for read in reads]
        texts = {"number": person.number, "name": person.name}
        fields = [read.field for read in reads if read.field != "result"]
        parameters = {name: texts[what] for name, what in places.items()}
        try:
            answer = call_as(consumer, sid, parameters, fields=fields or None, case_number=case_number, now=now)
        except QuanshuError as fault:
            return [Told(read, fault=fault.code) for read in reads]
        if not answer.ok:
            code = str(answer.body.get("code", NotRead.code))
            return [Told(read, fault=code, receipt=answer.receipt_id) for read in reads]
        rows = answer.body.get("data") or [{}]
        return [
            Told(
                read,
                answer.body.get("result") == "match" if read.field == "result" else rows[0].get(read.field),
                receipt=answer.receipt_id,
            )
            for read in reads
        ]


PORTS: dict[str, ScenePort] = {Source.ACCOUNT: AccountPort(), Source.SERVICE: GatewayPort()}


def read_all(reads: Sequence[Read], person: Person, *, case_number: str, now: datetime) -> list[Told]:
    """Every field of a scene, in its order."""
    found: dict[Read, Told] = {}
    for source, port in PORTS.items():
        part = [read for read in reads if read.source == source]
        if part:
            found |= dict(zip(part, port.read(part, person, case_number=case_number, now=now), strict=True))
    return [found[read] for read in reads]
