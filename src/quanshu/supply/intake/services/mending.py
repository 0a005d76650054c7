"""One record put right by its source unit: a load of one row, held against the contract like any other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.landing import TextRows, split
from quanshu.lake.records import find_row
from quanshu.shared.access.api import Actor, require
from quanshu.supply.catalogue.api import Entry, contract_of, key_columns
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.hosted import land_hosted
from quanshu.supply.lake_store import get_lake

Values = Mapping[str, str | None]


def land_correction(
    *, actor: Actor, now: datetime, entry: Entry, key: Values, changes: Values, correction_uid: str
) -> int:
    """Change some values of one row, its key aside; returns the version of the table that holds them.

    The row is cast by the contract, written as one version that carries the correction's uid, and told like a load,
    so that checks, libraries and services follow. The source system has to be put right as well: its next load
    brings what it holds. Call it outside a transaction. Raises Forbidden, FieldErrors.
    """
    require(actor, IntakePermission.CORRECT, entry)
    lake, table, keys = get_lake(), entry.lake_table, key_columns(entry)
    if not keys or set(changes) & set(keys):
        fault = N_("What names the row cannot be changed by a correction.")
        raise FieldErrors(errors=(FieldError("key", fault, N_("Correct it in the source system and load it.")),))
    columns = contract_of(entry)
    names = tuple(column.name for column in columns)
    with lake.loading(table):
        row = find_row(lake, table, dict(key))
        if row is None:
            fault = N_("The row is no longer there.")
            raise FieldErrors(errors=(FieldError("key", fault, N_("Open the correction again to see its state.")),))
        values = {**row, **changes}
        text = TextRows(names, iter([(1, [values.get(name) for name in names])]))
        with lake.connect() as connection:
            parts = split(connection, text, columns, keys)
            if parts.refused_rows:
                raise FieldErrors(errors=tuple(fault_of(fault) for fault in parts.refused.to_pylist()))
            landed = parts.landed
        commit = {"correction": correction_uid, "by": actor.uid}
        version = lake.upsert(table, landed, keys, commit=commit).version
    land_hosted(
        actor=actor,
        now=now,
        entry=entry,
        change_uid=correction_uid,
        lake_version=version,
        rows_total=lake.count(table, version),
    )
    return version


def fault_of(refused: Mapping[str, object]) -> FieldError:
    """What landing refused, in the words of a form."""
    return FieldError(
        str(refused["column"]),
        N_("The value does not fit the contract of the table (%(reason)s)."),
        N_("Give a value that does, or correct the source system."),
        {"reason": str(refused["reason"])},
    )
