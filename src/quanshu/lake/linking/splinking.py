"""Splink on the lake's engine: quiet, without files of its own, its faults told without any value."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import duckdb

from quanshu.kernel.errors import Invalid, NotFound
from quanshu.lake import Lake
from quanshu.lake.linking.settings import Settings

if TYPE_CHECKING:
    from splink import DuckDBAPI, Linker


class LinkingFailed(Invalid):
    """Splink could not work out what it was asked; the cause is a kind of fault, never a value."""

    code = "lake.linking_failed"
    message = "Records could not be compared: %(cause)s."
    remedy = "Check that the columns named in the settings are in the table of records."


class NoRecord(NotFound):
    """A record that is asked for is not in the table."""

    code = "lake.no_record"
    message = "Table %(table)s does not hold both records."
    remedy = "Prepare the records again, or choose records of the newest version."


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn faults of Splink, whose texts may hold values, into one that names their kind only."""
    from splink.internals.exceptions import SplinkException

    try:
        yield
    except (SplinkException, duckdb.Error) as error:
        kind = type(error.__cause__ or error).__name__
        raise LinkingFailed(cause=kind) from None


def open_records(
    lake: Lake, connection: duckdb.DuckDBPyConnection, records: str, version: int | None, *, alias: str = "records"
) -> None:
    """Make the view `alias` over the records; `identity` is the identifier, valid or not."""
    names = lake.schema(records, version).names
    lake.register(connection, records, version=version, alias=f"{alias}_stored")
    added = ", coalesce(identifier, identifier_raw) AS identity" if "identifier_raw" in names else ""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {alias} AS SELECT *{added} FROM {alias}_stored")


def link(
    connection: duckdb.DuckDBPyConnection, table: str, settings: Settings, **more: Any
) -> tuple[Linker, DuckDBAPI]:
    """A linker over a table of the connection, with the settings' comparisons."""
    # Imported late: it takes a second that only linking should pay.
    from splink import DuckDBAPI, Linker

    # What Splink warns of is settled here: levels that were not observed keep their shipped probabilities.
    logging.getLogger("splink").setLevel(logging.ERROR)
    splink: dict[str, Any] = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "comparisons": deepcopy(settings["comparisons"]),
        "blocking_rules_to_generate_predictions": [],
        "probability_two_random_records_match": settings["probability"],
        # Splink keeps the number of the level only with the values it was worked out from.
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
        "additional_columns_to_retain": [],
        **more,
    }
    api = DuckDBAPI(connection)
    return Linker(api.register(table), splink, log_level=None, validate_settings=False), api


def trained(linker: Linker) -> Mapping[str, Any]:
    """The linker's settings with the probabilities that were estimated."""
    found: Mapping[str, Any] = linker.misc.save_model_to_json()
    return found
