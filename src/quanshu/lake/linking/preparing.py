"""Records of several sources, standardised into one table of the lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quanshu.lake import Lake
from quanshu.lake.linking.types import PartyKind, Prepared, RecordSource


def prepare_records(
    lake: Lake,
    sources: Sequence[RecordSource],
    *,
    kind: PartyKind,
    into: str,
    since: Mapping[str, int] | None = None,
    commit: Mapping[str, str] | None = None,
) -> Prepared:
    """Read the sources' tables and keep their records, standardised, in the table `into` (made when not there).

    Columns of `into`, all text: `record` (source and keys, stable), `source`, `key` (JSON of the keys), `digest` of
    the content, `identifier` (valid ones only; 18 characters), `identifier_raw` (those that are not valid), `name`,
    `name_sound` (pinyin), `surname`, `birth_date` (ISO), `sex` (1 male, 2 female), `phone` (last 11 digits),
    `division` (12 digits), `address` (cut at the house number), `representative`; None where nothing is known.

    `since` names the version of its table at which a source was last prepared (`Prepared.versions`): a source
    whose table has not changed since is not read again. Rows of a source whose keys are repeated count once.
    Raises `lake.no_table`, `lake.missing_column` and `lake.no_version`.
    """
    raise NotImplementedError
