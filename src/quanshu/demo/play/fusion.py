"""Persons and enterprises of the demo city fused: schemes put in force, run once, some reviews left open."""

from __future__ import annotations

from django.conf import settings

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say, told, wait
from quanshu.demo.synth import read_identities
from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.fusion.api import (
    Decision,
    Review,
    ReviewState,
    Run,
    RunState,
    Scheme,
    SchemeData,
    Verdict,
    decide_review,
    enforce_scheme,
    fusion_figures,
    list_schemes,
    save_scheme,
    schedule_scheme,
    start_run,
    submit_scheme,
)

NIGHTLY = "0 1 * * *"
PERSONS = (
    ("resident", "public_security", "resident",
     "identifier: citizen_id, name: name, birth_date: birth_date, sex: sex_code, phone: phone,"
     " division: division_code, address: address | fresh updated_on | one row"),
    ("insurance", "human_resources", "social_insurance",
     "identifier: citizen_id, name: name, phone: phone | fresh updated_on | one row"),
    ("fund", "housing_fund", "account",
     "identifier: citizen_id, name: name, phone: phone | fresh last_deposit_on | one row"),
    ("allowance", "civil_affairs", "elderly_allowance",
     "identifier: citizen_id, name: name, birth_date: birth_date, phone: phone, division: division_code"
     " | fresh start_on | one row"),
    ("death", "health", "death",
     "identifier: citizen_id, name: name, birth_date: birth_date, sex: sex_code | fresh issued_on | one row"),
    ("cremation", "civil_affairs", "cremation",
     "identifier: citizen_id, name: name, birth_date: birth_date, sex: sex_code | fresh cremated_on | one row"),
    ("visit", "health", "visit",
     "identifier: citizen_id, name: name, birth_date: birth_date, sex: sex_code, phone: phone | fresh visited_on"),
    ("water", "water_company", "customer",
     "identifier: citizen_id, name: customer_name, phone: phone, division: division_code, address: address"
     " | fresh updated_on"),
    ("gas", "gas_company", "customer",
     "identifier: citizen_id, name: customer_name, phone: phone, division: division_code, address: address"
     " | fresh safety_checked_on"),
)  # fmt: skip
ENTERPRISES = (
    ("enterprise", "market_regulation", "enterprise",
     "identifier: uscc, name: enterprise_name, representative: representative_name, phone: phone,"
     " division: division_code, address: address | fresh established_on | one row"),
    ("organisation", "civil_affairs", "social_organisation",
     "identifier: uscc, name: organisation_name, representative: representative_name, phone: phone,"
     " division: division_code, address: address | fresh registered_on | one row"),
)  # fmt: skip
EVIDENCE = """death: death_certificate = death_date
cremation: cremation = death_date
resident: register_cancelled = cancelled_on where status_code in 2
resident: registered = updated_on where status_code in 1
visit: hospital_visit = visited_on
insurance: pension_drawn = updated_on where status_code in 3
"""
SURVIVORS = "phone = source, insurance, fund, resident\naddress = source, resident, water, gas"


def scheme_data(entries: dict[tuple[str, str], Entry]) -> list[SchemeData]:
    """The two schemes, their sources by resource code."""

    def lines(sources: tuple[tuple[str, str, str, str], ...]) -> str:
        return "\n".join(f"{name} = {entries[system, table].code} | {rest}" for name, system, table, rest in sources)

    return [
        SchemeData(
            code="person",
            kind="person",
            title="自然人融合",
            title_en="Persons",
            description="户籍、社保、公积金、高龄津贴、死亡、火化、就诊和水气用户记录按人归并。",
            sources=lines(PERSONS),
            classification_code="101001",
            survivors=SURVIVORS,
            evidence=EVIDENCE,
        ),
        SchemeData(
            code="enterprise",
            kind="enterprise",
            title="法人融合",
            title_en="Enterprises",
            description="企业与社会组织登记记录按主体归并。",
            sources=lines(ENTERPRISES),
            classification_code="102001",
        ),
    ]


def make(data: SchemeData, cast: Cast) -> Scheme:
    """A scheme in force, made at the first time."""
    found = Scheme.objects.filter(code=data.code).first()
    if found is not None:
        return found
    officer = cast.actors["bureau"]
    version = save_scheme(actor=SYSTEM, now=now(), unit=cast.units["bureau"], data=data)
    submit_scheme(actor=SYSTEM, now=now(), scheme=version.scheme)
    enforce_scheme(actor=officer, now=now(), scheme=version.scheme)
    return schedule_scheme(actor=officer, now=now(), scheme=version.scheme, cron=NIGHTLY)


def people_named() -> dict[str, str]:
    """{record: the person it is about}, as the truth of the city has it: what a steward would find out."""
    names = {(system, table): name for name, system, table, _rest in PERSONS}
    rows = read_identities(settings.QUANSHU_HOME / "city" / "identities.csv")
    return {
        f"{names[row.source, row.table]}:{row.key}": row.person
        for row in rows
        if (row.source, row.table) in names and row.column == "citizen_id"
    }


def answer_some(cast: Cast) -> None:
    """A few reviews answered, so that the history has something to say; the others wait."""
    if Decision.objects.exists():
        return
    people = people_named()
    waiting = Review.objects.filter(state=ReviewState.OPEN, kind="between").order_by("-probability", "id")
    for place, review in enumerate(waiting[:3]):
        one, other = people.get(review.left), people.get(review.right)
        if place == 2 or one is None or other is None:
            verdict, reason = Verdict.UNSURE, "联系不上本人，待入户核实"
        elif one == other:
            verdict, reason = Verdict.SAME, "经社区核实为同一人"
        else:
            verdict, reason = Verdict.DIFFERENT, "经社区核实为两人"
        decide_review(actor=cast.actors["bureau"], now=now(), review=review, verdict=verdict, reason=reason)


def play_fusion(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> dict[tuple[str, str], Entry]:
    """Make and run the schemes; answers the entries of what they give, by ("fusion", scheme_what)."""
    unfinished = [RunState.QUEUED, RunState.RUNNING]

    def left() -> int:
        return Run.objects.filter(state__in=unfinished).count()

    for data in scheme_data(entries):
        scheme = make(data, cast)
        if scheme.current_id is None:
            start_run(actor=cast.actors["bureau"], now=now(), scheme=scheme)
    wait("fusion runs to do", left, lambda _text: None)
    answer_some(cast)
    wait("fusion runs to do", left, lambda _text: None)
    for run in Run.objects.filter(state=RunState.FAILED).select_related("scheme"):
        say(f"run of {run.scheme.code} failed. {told(run.error)}")
    for row in fusion_figures(list_schemes(SYSTEM)):
        took = row.scheme.runs.filter(state=RunState.DONE).last()
        seconds = (took.ended_at - took.started_at).total_seconds() if took and took.ended_at and took.started_at else 0
        say(
            f"fused {row.records:,} records into {row.identities:,} {row.scheme.kind} identities in {seconds:.1f} s;"
            f" {row.backlog} to be decided"
        )
    found = {}
    for scheme in Scheme.objects.select_related("golden_entry", "map_entry", "life_entry"):
        for what in ("golden", "map", "life"):
            entry = getattr(scheme, f"{what}_entry")
            if entry is not None:
                found["fusion", f"{scheme.code}_{what}"] = entry
    return found
