"""`quanshu demo` from an empty folder to a served city."""

from __future__ import annotations

import sqlite3
import time
from datetime import date
from pathlib import Path

import click
from django.conf import settings

from quanshu.demo.play import (
    bulk,
    census,
    citizen,
    codes,
    consent,
    delivery,
    demands,
    development,
    emergency,
    fusion,
    hosting,
    intake,
    inventory,
    keys,
    landing,
    ledger,
    libraries,
    monitoring,
    people,
    privacy,
    quality,
    registration,
    shapes,
    sharing,
    standards,
    supply,
    vault,
    workspaces,
)
from quanshu.demo.play.scoring import problems, refusals
from quanshu.demo.synth import CityManifest, generate_city, load_manifest, score_city
from quanshu.kernel.clock import now

TODAY = date(2026, 10, 31)
STEPS = 8


class Teller:
    """Prints numbered steps and what happens in them, with the time since the start."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.step = 0

    def head(self, text: str) -> None:
        """The next step begins."""
        self.step += 1
        click.secho(f"[{self.step}/{STEPS}] {text}", bold=True)

    def say(self, text: str) -> None:
        """Something happened."""
        click.echo(f"  {time.monotonic() - self.began:6.1f} s  {text}")


def city(residents: int, seed: int, teller: Teller) -> CityManifest:
    """The source systems: written, or as an earlier run left them."""
    folder = settings.QUANSHU_HOME / "city"
    if (folder / "manifest.json").exists():
        manifest = load_manifest(folder)
        if (manifest.residents, manifest.seed) == (residents, seed):
            teller.say("the source systems of an earlier run are used again")
            return manifest
    manifest = generate_city(folder, residents=residents, seed=seed, today=TODAY)
    tables = [table for source in manifest.sources for table in source.tables]
    teller.say(f"{len(manifest.sources)} source systems, {sum(table.rows for table in tables):,} rows")
    return manifest


def somebody(manifest: CityManifest) -> str:
    """A resident's citizen ID, read from the source system as the department's own case would have it."""
    path = Path(manifest.root) / "public_security.sqlite"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        text = "SELECT citizen_id FROM resident WHERE length(citizen_id) = 18 ORDER BY person_no LIMIT 1 OFFSET 10"
        return str(connection.execute(text).fetchone()[0])


def play(residents: int, seed: int, teller: Teller) -> people.Cast:
    """The story, on a node whose processes are already running."""
    teller.head("The city's source systems")
    manifest = city(residents, seed, teller)
    teller.head("Units, people and duties")
    cast = people.gather(manifest, settings.QUANSHU_HOME, now())
    teller.say(f"{len(cast.units)} units registered")
    teller.head("Catalogue: drafted by stewards, published by the bureau")
    entries = supply.catalogue(manifest, cast, teller.say)
    registration.play_registration(cast, entries, teller.say)
    landing.play_landing(cast, entries, teller.say)
    teller.head("Intake: every source loaded against its contract")
    supply.take_in(manifest, cast, entries, teller.say)
    inventory.play_inventory(cast, entries, teller.say)
    teller.head("Quality: rules, scans, problem records")
    supply.check(manifest, cast, entries, teller.say)
    score = score_city(manifest.truth, [*problems(manifest), *refusals(manifest)])
    teller.say(f"against the planted errors: precision {score.precision:.3f}, recall {score.recall:.3f}")
    fused = fusion.play_fusion(cast, entries, teller.say)
    teller.head("Libraries: models reviewed, built beside the tables in use, tested")
    libraries.play_libraries(cast, entries | fused, teller.say)
    workspaces.play_workspaces(cast, entries, teller.say)
    hosting.play_hosting(cast, entries, teller.say)
    census.play_census(cast, entries, teller.say)
    standards.play_standards(cast, teller.say)
    teller.head("Services")
    sharing.publish(cast, entries, teller.say)
    teller.head("One demand, from submission to a signed call")
    consumer, secret = sharing.application(cast, teller.say)
    sharing.play_demand(cast, entries, consumer, teller.say)
    sharing.waiting_demands(cast, entries, consumer)
    development.play_development(cast, entries, consumer, teller.say)
    sharing.show_call(consumer, secret, somebody(manifest), teller.say)
    demands.play_demands(cast, entries, consumer, teller.say)
    emergency.play_emergency(cast, entries, somebody(manifest), teller.say)
    keys.play_keys(cast, somebody(manifest), teller.say)
    shapes.play_shapes(cast, entries, (consumer, secret), somebody(manifest), teller.say)
    quality.play_quality(cast, entries, consumer, somebody(manifest), teller.say)
    intake.play_intake(cast, entries, (consumer, secret), teller.say)
    bulk.play_bulk(cast, entries, teller.say)
    delivery.play_delivery(cast, entries, teller.say)
    citizen.play_citizen(cast, entries, somebody(manifest), teller.say)
    consent.play_consent(cast, entries, somebody(manifest), teller.say)
    privacy.play_privacy(cast, teller.say)
    vault.play_vault(cast, entries, teller.say)
    codes.play_codes(cast, teller.say)
    monitoring.play_monitoring(cast, entries, teller.say)
    ledger.play_ledger(cast, teller.say)
    return cast


def accounts_table(cast: people.Cast) -> str:
    """The demo accounts, one for each role."""
    rows = [
        f"  {username:<12}{cast.passwords[username]:<26}{role}"
        for username, role in (*(row[:2] for row in people.ROLES), people.RECEIVER)
        if username in cast.passwords
    ]
    return "Accounts (name, password, role):\n" + "\n".join(rows) + "\n"


def play_demo(residents: int, seed: int) -> str:
    """Play the whole story; returns what to print about the accounts."""
    return accounts_table(play(residents, seed, Teller()))
