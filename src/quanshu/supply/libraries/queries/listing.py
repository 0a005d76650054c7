"""Lists of libraries, models and builds, and their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from quanshu.shared.access.api import Actor, find_seen
from quanshu.supply.libraries.models import Build, Library, Model
from quanshu.supply.libraries.types import LibraryKind, LibraryNotFound
from quanshu.supply.quality.api import latest_rates


def list_libraries(actor: Actor) -> QuerySet[Library]:
    """Libraries the actor may see, with how many models each has and how many of them hold data."""
    return (
        Library.objects.visible_to(actor)
        .select_related("unit")
        .annotate(
            models_made=Count("models", distinct=True),
            models_built=Count("models", filter=Q(models__current__isnull=False), distinct=True),
            built_at=Max("models__current__ended_at"),
        )
    )


def get_library(*, actor: Actor, uid: str) -> Library:
    """Raises `libraries.not_found`."""
    return find_seen(list_libraries(actor), uid, LibraryNotFound())


def list_models(actor: Actor) -> QuerySet[Model]:
    """Models the actor may see."""
    return Model.objects.visible_to(actor).select_related("library__unit", "entry__unit", "current", "published")


def get_library_model(*, actor: Actor, uid: str) -> Model:
    """Raises `libraries.not_found`."""
    return find_seen(list_models(actor), uid, LibraryNotFound())


def find_model_by_code(code: str) -> Model | None:
    """The model with a code, whoever asks; for the demo and for promotion from workspaces."""
    return Model.objects.select_related("library__unit", "entry").filter(code=code).first()


def list_builds(actor: Actor) -> QuerySet[Build]:
    """Builds of models the actor may see."""
    return Build.objects.filter(model__in=Model.objects.visible_to(actor)).select_related(
        "model__library__unit", "version", "model__current"
    )


def get_build(*, actor: Actor, uid: str) -> Build:
    """Raises `libraries.not_found`."""
    return find_seen(list_builds(actor), uid, LibraryNotFound())


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """A model's live figures: rows in use and when built, the largest of its sources, its share of that (of base and
    application libraries, which are meant to be whole), and the pass rate of the last quality check. None where
    there is nothing to count."""

    model: Model
    rows: int | None
    built_at: datetime | None
    source_rows: int | None
    coverage: float | None
    pass_rate: float | None


def library_figures(rows: QuerySet[Model]) -> list[ModelFigures]:
    """Figures of models, from live records: freshness, coverage, quality."""
    models = list(rows.prefetch_related("reads__entry"))
    rates = latest_rates([model.entry_id for model in models if model.entry_id])
    return [figures_of(model, rates) for model in models]


def figures_of(model: Model, rates: dict[int, float]) -> ModelFigures:
    """One model's figures."""
    build = model.current
    counts: list[Any] = [read.entry.landed_rows for read in model.reads.all() if read.entry.landed_rows]
    largest = max(counts, default=None)
    held = build.rows if build else None
    whole = model.library.kind in {LibraryKind.BASE, LibraryKind.APPLICATION}
    coverage = min(1.0, held / largest) if whole and held is not None and largest else None
    return ModelFigures(
        model, held, build.ended_at if build else None, largest, coverage, rates.get(model.entry_id or 0)
    )
