"""The city's libraries: made, their models reviewed and published, built in the order of their lineage."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say, told, wait
from quanshu.kernel.clock import now
from quanshu.lake.models import build_order
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.libraries.api import (
    Build,
    BuildState,
    Library,
    LibraryData,
    Model,
    ModelData,
    create_library,
    find_model_by_code,
    publish_model,
    save_model,
    schedule_model,
    start_build,
    submit_model,
)

NIGHTLY = "0 2 * * *"
FOLDER = files("quanshu.demo.libraries")


def shipped() -> dict[str, Any]:
    """The libraries and models that the demo ships."""
    return tomllib.loads(FOLDER.joinpath("libraries.toml").read_text(encoding="utf-8"))


def model_data(given: dict[str, Any], entries: dict[tuple[str, str], Entry]) -> ModelData:
    """A shipped model, its references to source tables turned into resource codes."""
    lines = []
    for alias, target in given["references"].items():
        source, dot, table = target.partition(".")
        lines.append(f"{alias} = {entries[source, table].code if dot else target}")
    return ModelData(
        code=given["code"],
        title=given["title"],
        title_en=given["title_en"],
        sql=FOLDER.joinpath(f"{given['code']}.sql").read_text(encoding="utf-8"),
        references="\n".join(lines),
        keys=given["keys"],
        columns=given["columns"],
        tests=given["tests"].strip(),
    )


def make(cast: Cast, entries: dict[tuple[str, str], Entry]) -> list[Model]:
    """Libraries of the bureau; the models in an order in which each finds what it reads from."""
    given = shipped()
    officer = cast.actors["bureau"]
    libraries: dict[str, Library] = {}
    for row in given["library"]:
        there = Library.objects.filter(code=row["code"]).first()
        libraries[row["code"]] = there or create_library(
            actor=officer, now=now(), unit=cast.units["bureau"], data=LibraryData(**row)
        )
    models = {row["code"]: row for row in given["model"]}
    made = []
    for code in build_order({code: set(row["references"].values()) for code, row in models.items()}):
        row = models[code]
        model = find_model_by_code(code)
        if model is None:
            version = save_model(
                actor=SYSTEM, now=now(), library=libraries[row["library"]], data=model_data(row, entries)
            )
            submit_model(actor=SYSTEM, now=now(), model=version.model)
            publish_model(actor=officer, now=now(), model=version.model)
            model = schedule_model(actor=officer, now=now(), model=version.model, cron=NIGHTLY, follows=True)
        made.append(model)
    return made


def play_libraries(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """Make the libraries, build what has not been built, and say what they hold."""
    models = make(cast, entries)
    unfinished = [BuildState.QUEUED, BuildState.RUNNING]
    for model in models:
        if model.current_id is None:
            start_build(actor=cast.actors["bureau"], now=now(), model=model)
            wait(
                "builds to do",
                lambda model=model: Build.objects.filter(model=model, state__in=unfinished).count(),  # type: ignore[misc]
                lambda _text: None,
            )
    for build in Build.objects.filter(state=BuildState.FAILED).select_related("model"):
        failing = [f"{test['text']} ({test['failed']})" for test in build.tests if test["failed"]]
        say(f"build of {build.model.code} failed. {told(build.error)} {', '.join(failing)}".rstrip())
    built = Model.objects.filter(current__isnull=False).select_related("current")
    rows = sum(model.current.rows or 0 for model in built if model.current)
    say(f"{Library.objects.count()} libraries, {len(built)} tables built and tested, {rows:,} rows")
