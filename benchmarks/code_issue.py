"""Resident codes on one worker: the codec against the bare signatures, then the services as pages and API call them.

The services run on a SQLite database as a node has it. Issuing is what a holder's page asks for. Taking is the whole of
a scan: the code checked, its one use written, audit entry and event in the same transaction, the scene's statement
told; one by one, and a hundred at once through the API as a hub of gates sends them.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.result import Result, apart, median
from quanshu.kernel.codes import LIFETIME, PREFIX, Mint, VerifyingKey, check_bound, check_time, read_code

CODES = 4_000
# A code lives a minute: no round may take longer.
SCANS, ALONE, AT_ONCE, PEOPLE = 1_000, 300, 100, 200
ROUNDS = 3
NOW, SCENE = 1_790_000_000, 7
PROMISED = 2000.0


def ours(mint: Mint) -> float:
    """Seconds to issue each code and to read, check and tell whose it is, with nothing around it."""
    publics = {mint.key_id: VerifyingKey(mint.public)}
    taken: set[bytes] = set()
    began = time.perf_counter()
    for subject in range(1, CODES + 1):
        text = mint.issue(subject=subject, scene=SCENE, proofs=1, now=NOW)
        code = read_code(text, publics)
        check_time(code, at=NOW + LIFETIME // 2)
        check_bound(code, scene=SCENE, verifier=3)
        taken.add(code.code_id)
        if mint.whose(code) != (subject, 0):
            raise RuntimeError("a code of somebody else")
    took = time.perf_counter() - began
    if len(taken) != CODES:
        raise RuntimeError("two codes alike")
    return took


def floor() -> float:
    """Seconds to sign and verify messages of a code's length, with nothing around it."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    messages = [PREFIX.encode() + secrets.token_bytes(61) for _ in range(CODES)]
    began = time.perf_counter()
    for message in messages:
        public.verify(private.sign(message), message)
    return time.perf_counter() - began


class Node:
    """A node of its own with a scene for a senior's bus ride, a device, and residents."""

    def __init__(self, home: str) -> None:
        os.environ["QUANSHU_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "quanshu.config.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.test import Client

        from quanshu.city.codes.api import actor_of_verifier

        call_command("migrate", interactive=False, verbosity=0)
        self.actors = residents()
        self.scene, self.verifier, token = a_scene()
        self.scanner = actor_of_verifier(self.verifier)
        self.client = Client(SERVER_NAME="127.0.0.1", headers={"authorization": f"Bearer {token}"})

    def issue(self, count: int = SCANS) -> list[str]:
        """So many codes, each of the next resident."""
        from quanshu.city.codes.api import show_code
        from quanshu.kernel.clock import now

        people = self.actors
        return [
            show_code(actor=people[at % len(people)], now=now(), scene=self.scene).text for at in range(count)
        ]  # fmt: skip

    def take(self, codes: list[str]) -> int:
        """One by one, by the service; how many were taken."""
        from quanshu.city.codes.api import scan_code
        from quanshu.kernel.clock import now

        return sum(
            scan_code(actor=self.scanner, now=now(), verifier=self.verifier, text=code).scan.ok for code in codes
        )

    def take_over_api(self, codes: list[str]) -> int:
        """One by one, by the API."""
        path, kind = "/api/v1/codes/scan", "application/json"
        return sum(self.client.post(path, {"code": code}, content_type=kind).json()["ok"] for code in codes)

    def take_at_once(self, codes: list[str]) -> int:
        """A hundred at once, by the API."""
        path, kind, taken = "/api/v1/codes/batch", "application/json", 0
        for start in range(0, len(codes), AT_ONCE):
            answer = self.client.post(path, {"codes": codes[start : start + AT_ONCE]}, content_type=kind)
            taken += sum(row["ok"] for row in answer.json()["answers"])
        return taken


def residents() -> list[Any]:
    """Residents as actors, most of them old enough for the scene."""
    from quanshu.kernel.clock import now
    from quanshu.kernel.identifiers.citizen_id import check_character
    from quanshu.shared.access.api import SYSTEM
    from quanshu.sharing.subjects.api import actor_of_subject, ensure_subject

    found = []
    for number in range(1, PEOPLE + 1):
        first = f"370102{1940 + number % 40}0505{number:03d}"
        person = ensure_subject(
            actor=SYSTEM, kind="person", number=first + check_character(first), name=f"居民{number}", now=now()
        )
        found.append(actor_of_subject(person))
    return found


def a_scene() -> tuple[Any, Any, str]:
    """(scene in force, its device, the device's token)."""
    from quanshu.city.codes.api import (
        AccountField,
        Read,
        SceneData,
        Source,
        approve_scene,
        draft_scene,
        register_verifier,
        start_scene,
        submit_scene,
    )
    from quanshu.kernel.clock import now
    from quanshu.organisation.api import Unit
    from quanshu.shared.access.api import SYSTEM

    unit = Unit.objects.create(
        uid="bus", code="bus", name="公交集团", path="/bus/", kind="department", created_at=now()
    )
    reads = (Read(Source.ACCOUNT, AccountField.AGE, least=65),)
    data = SceneData("老年人乘车", "核验年龄", ("person",), reads, "law", law="《山东省老年人权益保障条例》第四十六条")
    scene = draft_scene(actor=SYSTEM, now=now(), unit=unit, data=data)
    for step in (submit_scene, approve_scene, start_scene):
        scene = step(actor=SYSTEM, now=now(), scene=scene)
    verifier, token = register_verifier(actor=SYSTEM, now=now(), scene=scene, name="刷码机", proof="token")
    return scene, verifier, token


def timed(take: Callable[[list[str]], int], codes: list[str]) -> float:
    """Codes a second; every one must have been taken."""
    began = time.perf_counter()
    taken = take(codes)
    took = time.perf_counter() - began
    if taken != len(codes):
        raise RuntimeError(f"{len(codes) - taken} codes were not taken")
    return len(codes) / took


def services(home: str) -> dict[str, float]:
    """Codes a second of each way, the middle of the rounds."""
    node = Node(home)
    found: dict[str, list[float]] = {}
    node.take(node.issue(AT_ONCE))
    for _ in range(ROUNDS):
        began = time.perf_counter()
        node.issue()
        found.setdefault("issue", []).append(SCANS / (time.perf_counter() - began))
        found.setdefault("take", []).append(timed(node.take, node.issue(ALONE)))
        found.setdefault("over_api", []).append(timed(node.take_over_api, node.issue(ALONE)))
        found.setdefault("at_once", []).append(timed(node.take_at_once, node.issue()))
    return {name: median(rates) for name, rates in found.items()}


def run() -> list[Result]:
    """Codes a second: the codec, and the whole services."""
    mint = Mint(secrets.token_bytes(32), secrets.token_bytes(32), secrets.token_bytes(32))
    pairs = [(ours(mint), floor()) for _ in range(ROUNDS)]
    rate = CODES / median([pair[0] for pair in pairs])
    bare = CODES / median([pair[1] for pair in pairs])
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as home:
        measured = apart(services, home)
    whole, peak, promised = measured.value, measured.peak_mib, "promised: 2,000 a second"
    return [
        Result("resident codes issued and verified, codec alone, one worker", rate, "floor: the signatures alone", bare,
               0.40, "codes/s"),
        Result("resident codes issued and verified, codec alone, one worker", rate, promised, PROMISED, 1.0, "codes/s"),
        Result("resident codes issued by the service, one worker", whole["issue"], promised, PROMISED, 1.0, "codes/s",
               peak),
        Result("resident codes scanned by the API a hundred at once, one worker", whole["at_once"], promised, PROMISED,
               1.0, "codes/s", peak),
        Result("resident codes scanned by the service one by one, one worker", whole["take"], promised, PROMISED, 1.0,
               "codes/s", peak),
        Result("resident codes scanned by the API one by one, one worker", whole["over_api"], promised, PROMISED, 1.0,
               "codes/s", peak),
    ]  # fmt: skip
