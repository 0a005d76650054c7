"""Clauses 2.3.3 and 2.5.3: a scene's consent, given by showing a code, is a real one for one use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import now
from quanshu.kernel.errors import FieldErrors
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import history
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.consent.api import Consent, consent_once
from quanshu.sharing.consent.types import GrantNotInForce, GuardianNeeded, RepresentativeNeeded
from quanshu.sharing.services.api import Exchange, Grant, call_as, carry_receipts, revoke_grant
from quanshu.sharing.subjects.api import NotMandated, actor_of_subject
from support_consent import (
    CHILD,
    FIRM,
    OTHER,
    PERSON,
    VERIFIED,
    a_city_of_valid_numbers,
    a_mandate,
    a_person,
    consenting_city,
    signed_in,
)
from support_services import QUERY, City, a_gateway, a_grant, a_service, use_folders


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> Iterator[City]:
    use_folders(settings, tmp_path)
    city = a_city_of_valid_numbers()
    consenting_city(city)
    with a_gateway(settings, tmp_path, now()):
        yield city


def shown(city: City, **changes: Any) -> Consent | None:
    """The consent that a person gives by showing a code for the scene."""
    held = consented_grant()
    subject = changes.pop("subject", None) or a_person()
    values: dict[str, Any] = {
        "actor": actor_of_subject(subject), "subject": subject, "consumer": held.consumer, "sid": held.service.sid,
        "asked_by": city.actor("developer"), "occasion": "就诊登记", "fields": ("name",), "case_number": "scan-1",
    }  # fmt: skip
    return consent_once(now=now(), **{**values, **changes})


def consented_grant() -> Grant:
    return Grant.objects.select_related("consumer", "service").get(service__sid="jn-ga-resident-consent")


def called(consent: Consent | None, **more: Any) -> Any:
    held = consented_grant()
    uid = consent.uid if consent else ""
    return call_as(
        held.consumer, held.service.sid, {"citizen_id": PERSON}, fields=["name"], consent=uid, now=now(), **more
    )


def test_one_use_is_answered_at_once_and_no_second(city: City) -> None:
    """The call that follows the scan at once is answered, its receipt cites the consent, and the next is refused."""
    assert called(None).body["code"] == "gateway.consent_required"
    for turn in range(5):
        consent = shown(city, case_number=f"scan-{turn}")
        answer = called(consent, case_number=f"scan-{turn}")
        assert (answer.body["code"], answer.body.get("data")) == ("ok", [{"name": "张**"}])
        assert called(consent).body["code"] == "gateway.consent_used_up"
    assert consent is not None
    assert (consent.most_uses, consent.retention_days, consent.decided_as) == (1, 0, "self")
    carry_receipts(now())
    while dispatch(now()):
        pass
    assert Exchange.objects.get(receipt_id=answer.receipt_id).consent_uid == consent.uid
    consent.refresh_from_db()
    assert (consent.state, consent.uses) == ("used_up", 1)
    assert [entry.action for entry in history("consent.consent", consent.uid)][:2]
    page = signed_in(consent.subject).get(f"/consent/mine/{consent.uid}/").content.decode()
    assert "就诊登记" in page
    assert answer.receipt_id in page
    assert PERSON not in page


def test_it_holds_for_its_subject_and_fields_alone(city: City) -> None:
    other = shown(city, subject=a_person(OTHER, "李四"))
    assert called(other).body["code"] == "gateway.consent_wrong_subject"
    street = shown(city, fields=("street",))
    assert called(street).body["code"] == "gateway.consent_fields"
    with pytest.raises(FieldErrors) as fault:
        shown(city, fields=("informant",), occasion=" ", case_number="x" * 65)
    assert [error.field for error in fault.value.errors] == ["fields", "occasion", "case_number"]


def test_who_may_show_it(city: City) -> None:
    """A child's guardian, and a delegate whose mandate covers consents; nobody else."""
    child, parent = a_person(CHILD, "张小"), a_person(OTHER, "李四")
    with pytest.raises(GuardianNeeded):
        shown(city, subject=child)
    with pytest.raises(NotMandated):
        shown(city, subject=child, actor=actor_of_subject(parent))
    a_mandate(parent, child)
    consent = shown(city, subject=child, actor=actor_of_subject(parent))
    assert consent is not None
    assert consent.decided_as == "guardian"
    person = a_person()
    held = a_mandate(parent, person, "delegate", scope=["codes"])
    with pytest.raises(NotMandated):
        shown(city, actor=actor_of_subject(parent), subject=person)
    held.scope = ["codes", "consent"]
    held.save()
    consent = shown(city, actor=actor_of_subject(parent), subject=person)
    assert consent is not None
    assert consent.decided_as == "delegate"
    firm = a_person(FIRM, "济南甲公司", "enterprise")
    with pytest.raises(RepresentativeNeeded):
        shown(city, subject=firm)


def test_without_a_grant_or_without_need(city: City) -> None:
    """A service that asks for no consent needs none; without a grant there is nothing to consent to."""
    held = consented_grant()
    bare = a_service(city, QUERY)
    with pytest.raises(GrantNotInForce):
        shown(city, sid=bare.sid)
    a_grant(held.consumer, bare)
    assert shown(city, sid=bare.sid) is None
    verify = a_service(city, VERIFIED)
    a_grant(held.consumer, verify, ("name",))
    compared = shown(city, sid=verify.sid, fields=())
    assert compared is not None
    assert compared.fields == ["name"]
    revoke_grant(actor=SYSTEM, grant=held, reason="到期", now=now())
    with pytest.raises(GrantNotInForce):
        shown(city)
