"""Reading what a scene may read: of the holder's account here, of services through the gateway as anybody must, of
certificates by a presentation out of the holder's safe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django.conf import settings

from quanshu.city.codes import rules
from quanshu.city.codes.types import AccountField, Asking, NoCertificate, NotRead, Person, Read, ScenePort, Source, Told
from quanshu.city.vault.api import CertificateState, judge, list_cards, open_presentation, present_certificate
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.masking import Mask, mask_value
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.consent.api import consent_once
from quanshu.sharing.services.api import Consumer, Service, call_as, published_spec
from quanshu.sharing.subjects.api import Subject, SubjectKind, actor_of_subject


class AccountPort:
    """The account: names, the masked number, and whether an age is reached."""

    def read(self, reads: Sequence[Read], person: Person, asking: Asking) -> list[Told]:
        return [Told(read, self.value(read, person, city_day(asking.now))) for read in reads]

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

    def read(self, reads: Sequence[Read], person: Person, asking: Asking) -> list[Told]:
        return each_group(reads, lambda part: self.call(part[0].via, part[0].of, part, person, asking))

    def call(self, rid: str, sid: str, reads: Sequence[Read], person: Person, asking: Asking) -> list[Told]:
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
            answer = call_as(
                consumer,
                sid,
                parameters,
                fields=fields or None,
                case_number=asking.case_number,
                consent=self.consent(consumer, sid, fields, person, asking),
                now=asking.now,
            )
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

    def consent(self, consumer: Consumer, sid: str, fields: Sequence[str], person: Person, asking: Asking) -> str:
        """The consent that choosing the scene and showing the code gave, for this one call; "" where a law is the
        basis, or where the service asks for none."""
        if not asking.by_consent:
            return ""
        given = consent_once(
            actor=actor_of_subject(Subject.objects.get(uid=person.agent_uid or person.uid)),
            now=asking.now,
            subject=Subject.objects.get(uid=person.uid),
            consumer=consumer,
            sid=sid,
            asked_by=asking.by,
            occasion=asking.purpose,
            fields=fields,
            case_number=asking.case_number,
        )
        return given.uid if given else ""


class CertificatePort:
    """Certificates: what the scene may see is presented out of the holder's safe, to the scene's unit, once.

    The presentation stands in the safe's history as any other; it is checked as a stranger's would be.
    """

    def read(self, reads: Sequence[Read], person: Person, asking: Asking) -> list[Told]:
        return each_group(reads, lambda part: self.present(part[0].of, part, person, asking))

    def present(self, kind: str, reads: Sequence[Read], person: Person, asking: Asking) -> list[Told]:
        """One certificate in part; where there is none that whoever shows the code may use, or it does not hold, each
        field says so."""
        holder, now = actor_of_subject(Subject.objects.get(uid=person.agent_uid or person.uid)), asking.now
        rows = list_cards(holder, now).filter(subject__uid=person.uid, type_code=kind, state=CertificateState.VALID)
        card = rows.first()
        if card is None:
            return [Told(read, fault=NoCertificate.code) for read in reads]
        try:
            shown, token, _text = present_certificate(
                actor=holder,
                now=now,
                certificate=card,
                claims=[read.field for read in reads],
                purpose=asking.purpose,
                minutes=1,
                audience=asking.audience,
            )
            _shown, text = open_presentation(actor=asking.by, now=now, token=token)
            verdict = judge(text, now=now, language=settings.LANGUAGE_CODE, audience=asking.audience)
        except QuanshuError as fault:
            return [Told(read, fault=fault.code) for read in reads]
        if not verdict.holds:
            return [Told(read, fault=verdict.code, receipt=shown.uid) for read in reads]
        values = {row.name: row.value for row in verdict.shown}
        return [Told(read, values.get(read.field), receipt=shown.uid) for read in reads]


def each_group(reads: Sequence[Read], ask: Callable[[list[Read]], list[Told]]) -> list[Told]:
    """Ask once for the fields of each service or certificate; the answers in the order of the fields."""
    found: dict[Read, Told] = {}
    for _key, group in groupby(sorted(reads, key=lambda read: (read.via, read.of)), lambda read: (read.via, read.of)):
        part = list(group)
        found |= dict(zip(part, ask(part), strict=True))
    return [found[read] for read in reads]


PORTS: Mapping[str, ScenePort] = {
    Source.ACCOUNT: AccountPort(),
    Source.SERVICE: GatewayPort(),
    Source.CERTIFICATE: CertificatePort(),
}


def read_all(reads: Sequence[Read], person: Person, asking: Asking) -> list[Told]:
    """Every field of a scene, in its order."""
    found: dict[Read, Told] = {}
    for source, port in PORTS.items():
        part = [read for read in reads if read.source == source]
        if part:
            found |= dict(zip(part, port.read(part, person, asking), strict=True))
    return [found[read] for read in reads]
