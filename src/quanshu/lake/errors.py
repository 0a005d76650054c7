"""Refusals of the lake. Messages carry column names and counts, never values: values may be personal."""

from collections.abc import Iterator
from contextlib import contextmanager

from deltalake.exceptions import DeltaError
from duckdb import Error as EngineError

from quanshu.kernel.errors import Conflict, Invalid, NotFound, Unavailable

_FULL = ("No space left on device", "os error 28", "out of disk space")


class BadTableName(Invalid):
    """The name is not made of lower-case identifiers joined by dots."""

    code = "lake.bad_table_name"
    message = "%(name)s cannot be the name of a lake table."
    remedy = "Use lower-case letters, digits and underscores, in parts joined by dots, 128 characters at most."


class NoTable(NotFound):
    """The lake holds no table of this name."""

    code = "lake.no_table"
    message = "The lake has no table %(table)s."
    remedy = "Load data into it first, or check the name."


class NoVersion(NotFound):
    """The table has no such version."""

    code = "lake.no_version"
    message = "Table %(table)s has no version %(version)s; the newest is %(newest)s."
    remedy = "Choose one of the versions listed for the table."


class VersionErased(NotFound):
    """The version was there; its rows have been erased by a rule of retention."""

    code = "lake.version_erased"
    message = "Version %(version)s of table %(table)s has been erased; the oldest that can be read is %(oldest)s."
    remedy = "Use a newer version. What was erased, when and by which rule stands in the certificate of deletion."


class MissingColumn(Invalid):
    """A column that is needed is absent."""

    code = "lake.missing_column"
    message = "The data has no column %(column)s."
    remedy = "Add the column to the source, or correct the column names in the contract."


class UnknownColumn(Invalid):
    """A column is there that the contract does not name."""

    code = "lake.unknown_column"
    message = "The data has columns that the contract does not name: %(column)s."
    remedy = "Remove the columns from the source, or add them to the contract."


class UnsupportedType(Invalid):
    """A column has a type that the lake does not keep."""

    code = "lake.unsupported_type"
    message = "Column %(column)s has the type %(type)s, which the lake does not keep."
    remedy = "Convert the column to text, number, date, time or boolean."


class BadColumnName(Invalid):
    """A column name is empty, repeated, reserved, or holds characters that table files cannot carry."""

    code = "lake.bad_column_name"
    message = "%(column)s cannot be the name of a column."
    remedy = "Give each column its own name without spaces, commas, brackets, semicolons or equals signs."


class NoKeys(Invalid):
    """An operation by key was asked for without naming the key columns."""

    code = "lake.no_keys"
    message = "Table %(table)s cannot be changed by key: no key columns are named."
    remedy = "Name at least one key column."


class CubeTooLarge(Invalid):
    """A statistic would have more values of a group, or more cells, than can be protected and told."""

    code = "lake.cube_too_large"
    message = "The statistic by %(group)s would have more than %(most)s values or cells."
    remedy = "Leave a group out, take fewer values, or group by bands or by the first characters."


class NullKeys(Invalid):
    """Incoming rows have an empty key."""

    code = "lake.null_keys"
    message = "%(rows)s rows for table %(table)s have an empty key (%(keys)s)."
    remedy = "Fill the key columns in every row."


class DuplicateKeys(Invalid):
    """Incoming rows share a key, so it is undefined which should win."""

    code = "lake.duplicate_keys"
    message = "%(count)s keys (%(keys)s) for table %(table)s stand in more than one row."
    remedy = "Keep one row for each key, or choose other key columns."


class StoredDuplicates(Conflict):
    """The table itself holds a key twice, so an upsert by that key has no meaning."""

    code = "lake.stored_duplicates"
    message = "Table %(table)s already holds some keys (%(keys)s) in more than one row."
    remedy = "Load the table in full once, or choose other key columns."


class SchemaMismatch(Conflict):
    """The incoming columns do not fit the table's columns."""

    code = "lake.schema_mismatch"
    message = "Column %(column)s is %(stored)s in table %(table)s, but %(incoming)s in the new data."
    remedy = "Load the table in full to change a column's type."


class WriteConflict(Conflict):
    """Another writer changed the table in the meantime."""

    code = "lake.write_conflict"
    message = "Table %(table)s was changed by another writer at the same moment."
    remedy = "Try again."


class NotReachable(Unavailable):
    """The object store that holds the tables does not answer as it should."""

    code = "lake.not_reachable"
    message = "The lake's object store cannot be used: %(fault)s"
    remedy = "Check QUANSHU_LAKE_URL, the endpoint and the keys, and that the bucket is there."


class BadCondition(Invalid):
    """A condition of a row filter cannot be used: its operator, the number of its values, or one of them."""

    code = "lake.bad_condition"
    message = "The condition on column %(column)s cannot be used: %(fault)s."
    remedy = "Choose an operator that the column's type has, and values that can be read as that type."


class DiskFull(Unavailable):
    """There is no room for what is being written."""

    code = "lake.disk_full"
    status = 507
    message = "There is no space left on the lake's disk to write table %(table)s; it stays as it was."
    remedy = "Make room, or compact tables, and start the work again."


@contextmanager
def telling_full_disk(table: str) -> Iterator[None]:
    """Turn what engines and file systems say of a full disk into DiskFull."""
    try:
        yield
    except (OSError, DeltaError, EngineError) as fault:
        if any(text in str(fault) for text in _FULL):
            raise DiskFull(table=table) from fault
        raise
