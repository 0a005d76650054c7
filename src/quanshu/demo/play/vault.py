"""Certificates in vaults: six types issued from the units' own records, one shown in part, one revoked."""

from __future__ import annotations

from quanshu.city.vault.api import (
    Certificate,
    Issuer,
    certificate_types,
    issue_certificate,
    judge,
    open_presentation,
    present_certificate,
    register_issuer,
    revoke_certificate,
    vault_figures,
)
from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.schema import quote
from quanshu.sharing.subjects.api import actor_of_subject
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.lake_store import get_lake
from quanshu.supply.libraries.api import find_model_by_code

# The table whose records a type is issued from, and the unit that issues it.
SOURCES = {
    "id_card": ("public_security", "resident"),
    "business_licence": ("market_regulation", "enterprise"),
    "marriage_certificate": ("civil_affairs", "marriage"),
    "property_certificate": ("natural_resources", "property"),
    "social_security_card": ("human_resources", "social_insurance"),
}
ELDERLY = ("civil_affairs", "elderly")
HOLDERS = 12
SHOWN = ("over_60",)


def records_entry(code: str, entries: dict[tuple[str, str], Entry]) -> Entry | None:
    """The entry of a type's records; the elderly card's is a table of the library."""
    if code in SOURCES:
        return entries[SOURCES[code]]
    model = find_model_by_code(ELDERLY[1])
    return model.entry if model else None


def issuers(cast: Cast, entries: dict[tuple[str, str], Entry]) -> dict[str, Issuer]:
    """Who issues what, registered by the bureau."""
    found = {}
    for code in certificate_types():
        unit = cast.units[SOURCES.get(code, ELDERLY)[0]]
        issuer = Issuer.objects.filter(type_code=code, unit=unit).select_related("unit", "entry").first()
        found[code] = issuer or register_issuer(
            actor=cast.actors["bureau"], now=now(), unit=unit, type_code=code, entry=records_entry(code, entries)
        )
    return found


def holders(issuer: Issuer) -> list[str]:
    """Some numbers of an issuer's records, the oldest holders first where it knows their age."""
    lake, entry = get_lake(), issuer.entry
    if entry is None or not lake.exists(entry.lake_table):
        return []
    column = certificate_types()[issuer.type_code].holders[0][0]
    names = lake.schema(entry.lake_table).names
    order = "birth_date" if "birth_date" in names else column
    with lake.connect() as connection:
        lake.register(connection, entry.lake_table, alias="records")
        rows = connection.execute(
            f"SELECT {quote(column)} FROM records WHERE length({quote(column)}) = 18 "  # noqa: S608
            f"ORDER BY {quote(order)}, {quote(column)} LIMIT {HOLDERS}"
        ).fetchall()
    return [str(row[0]) for row in rows]


def play_vault(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """Issue, show one, revoke one; safe to run again."""
    if Certificate.objects.exists():
        say("certificates of an earlier run are in the vaults")
        return
    registered = issuers(cast, entries)
    # Whoever has a dwelling, a marriage or a card of the elderly also gets what every resident has.
    numbers = {code: holders(issuer) for code, issuer in registered.items()}
    people = list(dict.fromkeys([*numbers["elderly_card"], *numbers["marriage_certificate"], *numbers["id_card"]]))
    for code, issuer in registered.items():
        kind = certificate_types()[code]
        wanted = numbers[code] if kind.subject == "enterprise" else list(dict.fromkeys([*numbers[code], *people]))
        for number in wanted:
            try:
                issue_certificate(
                    actor=cast.stewards[SOURCES.get(code, ELDERLY)[0]], now=now(), issuer=issuer, number=number
                )
            except QuanshuError:
                # The city's records have errors planted, and not everybody has everything.
                continue
    show_one(say)
    revoke_one(cast, say)
    figures = vault_figures()
    say(
        f"{sum(row.in_force for row in figures)} certificates of {len(figures)} types in "
        f"{max((row.holders for row in figures), default=0)} vaults and more"
    )


def show_one(say: Say) -> None:
    """A holder of an elderly card proves to be sixty or older, and nothing else."""
    card = Certificate.objects.filter(type_code="elderly_card", state="valid").select_related("subject").first()
    if card is None:
        return
    holder = actor_of_subject(card.subject)
    _row, token, _text = present_certificate(
        actor=holder, now=now(), certificate=card, claims=SHOWN, purpose="公交乘车优待", minutes=5
    )
    _opened, text = open_presentation(now=now(), token=token)
    verdict = judge(text, now=now(), language="zh")
    shown = "、".join(f"{row.label}：{row.value}" for row in verdict.shown)
    say(f"shown in part and verified: {shown or verdict.fault} ({verdict.issuer})")


def revoke_one(cast: Cast, say: Say) -> None:
    """The property bureau revokes a certificate."""
    card = Certificate.objects.filter(type_code="property_certificate", state="valid").order_by("-pk").first()
    if card is None:
        return
    revoke_certificate(
        actor=cast.stewards["natural_resources"], now=now(), certificate=card, reason="不动产已转移登记，原证书收回"
    )
    say("one property certificate revoked; its holder is told")
