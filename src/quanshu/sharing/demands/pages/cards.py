"""Cards of a demand's page beyond what was asked for: matches, talks, time held, use, rating."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Action, Card, Column, reason_against, when
from quanshu.sharing.demands.models import Demand, Meeting
from quanshu.sharing.demands.pages.asked import parts_card
from quanshu.sharing.demands.pages.labels import PARTIES, ROUND_TONES, SHRINK_TONES
from quanshu.sharing.demands.permissions import DemandPermission as P
from quanshu.sharing.demands.queries.using import calls_of, conditions_of, held_days, is_rated
from quanshu.sharing.demands.queries.wanted import parts_of
from quanshu.sharing.demands.rules import talking, using
from quanshu.sharing.demands.types import DemandState
from quanshu.sharing.desk.api import MASKS, SHAPES, named
from quanshu.sharing.services.api import ServiceMatch, held_grants, matching_services
from quanshu.supply.catalogue.api import item_titles

S = DemandState
EARLY = {S.DRAFT, S.SUBMITTED, S.RETURNED, S.CONFIRMING, S.NEGOTIATING, S.CONTESTED, S.DEVELOPING}


def to(demand: Demand, part: str) -> str:
    """A page below a demand."""
    return f"{demand.get_absolute_url()}{part}"


def more_cards(actor: Actor, obj: Demand, now: datetime) -> list[Card]:
    """Every further card that has something to say."""
    found = []
    if S(obj.state) in EARLY:
        found += match_cards(obj, now)
    parts = parts_of(obj, now=now)
    if parts:
        found.append(parts_card(parts))
    conditions = conditions_of(obj)
    if obj.decision:
        facts = [(_("Decided"), when(obj.decided_at)), (_("Reasons"), obj.decision)]
        found.append(Card(_("Decision of the bureau"), note=_("It binds both sides."), facts=facts))
    if conditions:
        columns = (Column("text", _("Agreed by both sides"), lambda row: row),)
        found.append(Card(_("Conditions of the case"), columns=columns, rows=conditions))
    if obj.rounds.exists():
        found.append(round_card(obj))
    if obj.meetings.exists():
        found.append(meeting_card(actor, obj))
    if obj.stays.exists():
        found.append(held_card(obj, now))
    if obj.shrinks.exists():
        found.append(shrink_card(obj))
    if is_rated(obj):
        found.append(rating_card(actor, obj))
    return found


def match_cards(obj: Demand, now: datetime) -> list[Card]:
    """What covers the demand already: grants of the unit, services published or being made."""
    found = []
    grants = held_grants(obj.requesting_unit, obj.entry, obj.fields, now=now)
    if grants:
        columns = (
            Column("grant", _("Application"), lambda row: row.grant.consumer.title,
                   link=lambda row: row.grant.get_absolute_url()),
            Column("has", _("Covers"), lambda row: titles_of(obj, row.has)),
            Column("missing", _("Missing"), lambda row: titles_of(obj, row.missing)),
        )  # fmt: skip
        found.append(Card(_("A grant of the unit already covers"), columns=columns, rows=grants))
    services = matching_services(obj.entry, obj.fields) if obj.wanted is None else []
    if services:
        found.append(services_card(obj, services))
    return found


def titles_of(obj: Demand, names: Iterable[str]) -> str:
    """Fields of the entry asked for by their titles; a dash for none."""
    return ", ".join(item_titles(obj.entry, names)) or "—"


def services_card(obj: Demand, services: list[ServiceMatch]) -> Card:
    """Services that carry some of the fields, the fullest first."""
    columns = (
        Column("service", _("Service"), lambda row: row.service.title,
               link=lambda row: row.service.get_absolute_url()),
        Column("shape", _("Shape"), lambda row: SHAPES[row.service.shape], phone=False),
        Column("state", _("State"), lambda row: _("Published") if row.service.state == "published"
               else _("Being made"), kind="badge",
               tone=lambda row: "green" if row.service.state == "published" else "azure"),
        Column("has", _("Covers"), lambda row: _("All") if row.whole else titles_of(obj, row.has)),
        Column("missing", _("Missing"), lambda row: titles_of(obj, row.missing)),
    )  # fmt: skip
    return Card(_("Services that cover the fields"), columns=columns, rows=services)


def round_card(obj: Demand) -> Card:
    """Proposals in turn."""
    columns = (
        Column("side", _("Proposed by"), lambda row: PARTIES[row.side]),
        Column("at", _("Time"), kind="datetime", phone=False),
        Column("fields", _("Fields"), lambda row: named(obj.entry.items.values(), row.fields)),
        Column("rate", _("Calls a minute / a day"), lambda row: f"{row.rate_per_minute} / {row.volume_per_day}",
               phone=False),
        Column("masks", _("Masks"), lambda row: masks_told(row.masks), phone=False),
        Column("terms", _("Terms")),
        Column("answer", _("Answer given"), lambda row: row.get_answer_display(), kind="badge",
               tone=lambda row: ROUND_TONES[row.answer]),
        Column("answer_reason", _("Reason"), phone=False),
    )  # fmt: skip
    return Card(_("Negotiation"), columns=columns, rows=obj.rounds.all())


def masks_told(masks: Mapping[str, str]) -> str:
    """Masks agreed, each with its field."""
    return "、".join(f"{name}: {MASKS.get(mask, mask)}" for name, mask in masks.items())  # type: ignore[call-overload]


def meeting_card(actor: Actor, obj: Demand) -> Card:
    """Meetings with their minutes and who signed."""
    columns = (
        Column("day", _("Held on"), lambda row: row.held_on or row.planned_on, kind="date"),
        Column("state", _("State"), lambda row: row.get_state_display()),
        Column("place", _("Place"), phone=False),
        Column("attendees", _("Who took part"), phone=False),
        Column("minutes", _("Minutes")),
        Column("conclusions", _("Conclusions"), lambda row: "；".join(row.conclusions)),
        Column("signed", _("Signatories"), signed_by, phone=False),
        Column("files", _("Files"), lambda row: "、".join(part["name"] for part in row.files),
               link=lambda row: file_url(obj, row), phone=False),
    )  # fmt: skip
    return Card(_("On-site meetings"), columns=columns, rows=obj.meetings.all(), actions=sign_actions(actor, obj))


def signed_by(row: Meeting) -> str:
    """Names of the signatories."""
    names = (row.requester_signed_by, row.supplier_signed_by)
    return "、".join(name for name in names if name)


def file_url(obj: Demand, row: Meeting) -> str:
    """The first file of a meeting, "" when it has none."""
    return reverse("demands:meeting-file", args=[obj.uid, row.pk, row.files[-1]["digest"]]) if row.files else ""


def may_meet(actor: Actor, obj: Demand) -> bool:
    """Whether the actor may call and record meetings."""
    return allows(actor, P.MEET, obj.requesting_unit) or allows(actor, P.MEET, obj.supplier_unit)


def sign_actions(actor: Actor, obj: Demand) -> list[Action]:
    """Recording the minutes of what was proposed, signing what was held."""
    found = []
    last = obj.meetings.last()
    if last is None:
        return []
    if last.state == "proposed" and may_meet(actor, obj):
        address = f"{to(obj, 'meeting/')}?meeting={last.pk}"
        found.append(Action(_("Record the minutes"), address, "edit", "outline-primary", "get"))
    side = "requester" if allows(actor, P.NEGOTIATE, obj.requesting_unit) else "supplier"
    may = side == "requester" or allows(actor, P.NEGOTIATE, obj.supplier_unit)
    if may and last.state == "held":
        done = getattr(last, f"{side}_signed_at") is not None
        reason = reason_against(talking.check_sign, last.state, signed=done)
        found.append(Action(_("Sign the minutes"), to(obj, f"meetings/{last.pk}/sign/"), "signature", reason=reason))
    return found


def held_card(obj: Demand, now: datetime) -> Card:
    """Working days charged to each party."""
    totals = held_days(obj, now=now)
    columns = (
        Column("side", _("Party"), lambda row: PARTIES[row.side]),
        Column("state", _("State"), lambda row: row.get_state_display()),
        Column("since", _("From"), kind="datetime", phone=False),
        Column("until", _("To"), kind="datetime", phone=False),
        Column("days", _("Working days"), lambda row: row.days if row.until else _("running"), kind="number"),
        Column("why", _("Reason"), phone=False),
    )
    facts = [(label, _("%(count)s working days") % {"count": totals[side]}) for side, label in PARTIES.items()]
    return Card(_("Time charged"), facts=facts, columns=columns, rows=obj.stays.all())


def shrink_card(obj: Demand) -> Card:
    """Proposals to shrink the grant."""
    columns = (
        Column("opened_at", _("Proposed"), kind="datetime"),
        Column("kind", _("Why"), lambda row: row.get_kind_display()),
        Column("remove", _("To be taken off"), lambda row: ", ".join(row.remove), phone=False),
        Column("state", _("State"), lambda row: row.get_state_display(), kind="badge",
               tone=lambda row: SHRINK_TONES[row.state]),
        Column("reason", _("Reason"), phone=False),
        Column("decision", _("Decision of the bureau"), phone=False),
    )  # fmt: skip
    address = f"{reverse('demands:shrinks')}?q={obj.number}"
    return Card(_("Grant and use"), columns=columns, rows=obj.shrinks.all(), more=(address, _("Evidence and answers")))


def rating_card(actor: Actor, obj: Demand) -> Card:
    """What the requester says, and the supplier's answer."""
    rating = obj.rating
    facts = [
        (_("Rating grade"), rating.get_grade_display()),
        (_("Used for"), rating.used_for),
        (_("Effect"), rating.effect),
        (_("Comment"), rating.comment),
        (_("Rated by"), rating.rated_by_name),
        (_("Supplier's answer"), rating.reply),
    ]
    actions = []
    if allows(actor, P.CONFIRM, obj.supplier_unit) and not rating.reply:
        actions.append(Action(_("Answer the rating"), to(obj, "reply/"), "message", "outline-primary", "get"))
    return Card(_("Satisfaction"), facts=facts, actions=actions)


def more_actions(actor: Actor, obj: Demand) -> list[Action]:
    """Buttons of negotiations, meetings and ratings."""
    requester, supplier = (allows(actor, P.NEGOTIATE, unit) for unit in (obj.requesting_unit, obj.supplier_unit))
    found: list[Action] = []
    if (requester or supplier) and obj.state in {S.REFUSED, S.NEGOTIATING}:
        found += talk_actions(obj, "requester" if requester else "supplier")
    if may_meet(actor, obj) and obj.state in EARLY - {S.DRAFT}:
        found.append(Action(_("Propose a meeting"), to(obj, "meet/"), "calendar", "outline-primary", "get"))
    if allows(actor, P.SUBMIT, obj.requesting_unit) and obj.state in {S.IN_USE, S.CLOSED} and not is_rated(obj):
        reason = reason_against(
            using.check_ratable, obj.state, granted=bool(obj.grant_uid), calls=calls_of(obj).calls, rated=False
        )
        found.append(Action(_("Rate the data"), to(obj, "rate/"), "star", "outline-primary", "get", reason=reason))
    return found


def talk_actions(obj: Demand, side: str) -> list[Action]:
    """Proposals, and answers to them."""
    found: list[Action] = []
    last = obj.rounds.filter(answer="open").last()
    if obj.state == S.NEGOTIATING:
        turn: Any = reason_against(talking.check_turn, obj.state, side=side, last=last.side if last else None)
        found.append(Action(_("Accept the proposal"), to(obj, "accept/"), "check", reason=turn))
        decline = _("Decline the proposal")
        found.append(Action(decline, to(obj, "decline/"), style="outline-danger", method="get", reason=turn))
    else:
        turn = reason_against(talking.check_negotiate, obj.state, obj.refused_by)
    label = _("Propose other terms")
    found.append(Action(label, to(obj, "propose/"), "arrows-exchange", "outline-primary", "get", reason=turn))
    return found
