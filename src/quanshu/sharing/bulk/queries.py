"""Reads of bulk sharing."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db.models import Q, QuerySet

from quanshu.gateway.snapshot import BulkSpec, BulkTokenSpec
from quanshu.gateway.state import hash_salt
from quanshu.lake.conditions import Condition
from quanshu.shared.access.api import Actor, find_seen
from quanshu.sharing.bulk.models import BulkGrant, BulkToken
from quanshu.sharing.bulk.types import BulkData, BulkState, GrantNotFound, TokenNotFound
from quanshu.sharing.services.api import Exchange, check_entry, items_in, seal_key, terms_of
from quanshu.supply.catalogue.api import Entry, ItemData
from quanshu.supply.lake_store import get_lake

SID = "bulk:"


def list_bulk(actor: Actor) -> QuerySet[BulkGrant]:
    """Every bulk grant the actor may see."""
    return BulkGrant.objects.visible_to(actor).select_related("consumer__unit", "entry__unit")


def get_bulk(*, actor: Actor, uid: str) -> BulkGrant:
    """One bulk grant; GrantNotFound when there is none or it may not be seen."""
    return find_seen(list_bulk(actor), uid, GrantNotFound(grant=uid))


def get_token(*, actor: Actor, uid: str) -> BulkToken:
    """One token of an application the actor may see; TokenNotFound."""
    seen = list_bulk(actor).values_list("consumer_id", flat=True)
    token = BulkToken.objects.filter(uid=uid, consumer_id__in=seen).select_related("consumer__unit").first()
    if token is None:
        raise TokenNotFound(token=uid)
    return token


def shared_items(entry: Entry) -> dict[str, ItemData]:
    """The entry's items as published. Raises EntryNotReady, EntryNotShared."""
    terms = terms_of(entry) or {}
    check_entry(
        state="published" if terms else entry.state,
        share_type=terms.get("share_type", entry.share_type),
        law=terms.get("share_law", entry.share_law),
        name=entry.resource_name,
    )
    return items_in(terms)


def landed_schema(entry: Entry) -> pa.Schema | None:
    """The columns of the entry's data as they have landed, None while none have."""
    lake = get_lake()
    return lake.schema(entry.lake_table) if lake.exists(entry.lake_table) else None


def conditions_of(grant: BulkGrant) -> tuple[Condition, ...]:
    """The row filter of a grant."""
    return tuple(Condition(part["column"], part["operator"], tuple(part["values"])) for part in grant.where)


def data_of(grant: BulkGrant) -> BulkData:
    """A kept grant as it was entered."""
    return BulkData(
        table_name=grant.table_name,
        fields=tuple(grant.fields),
        purpose=grant.purpose,
        valid_until=grant.valid_until,
        masks=grant.masks,
        where=conditions_of(grant),
        row_limit=grant.row_limit,
        daily_rows=grant.daily_rows,
        versions_kept=grant.versions_kept,
        retention_days=grant.retention_days,
    )


def salts(grant: BulkGrant) -> tuple[str, str]:
    """(salt of the mask `hash`, salt of the view's own row key): the second is another one for each grant."""
    key = seal_key()
    return hash_salt(key), hmac.digest(key, f"bulk row key {grant.uid}".encode(), "sha256").hex()


def reads_of(grant: BulkGrant) -> QuerySet[Exchange]:
    """The receipts of a grant's reads, the latest first."""
    return Exchange.objects.filter(grant_uid=grant.uid).select_related("consumer__unit")


@dataclass(frozen=True, slots=True)
class Volume:
    """Reads, rows and bytes since a moment; bytes are those of the files that addresses were given for."""

    reads: int
    refused: int
    rows: int
    bytes: int


def volume_of(reads: QuerySet[Exchange], *, since: datetime) -> Volume:
    """The volume of a grant's reads since a moment."""
    rows = list(reads.filter(at__gte=since).values_list("status", "rows", "parameters"))
    good = [(count, parameters) for status, count, parameters in rows if status < 400]
    return Volume(
        reads=sum(1 for _count, parameters in good if "files:" in parameters),
        refused=len(rows) - len(good),
        rows=sum(count for count, _parameters in good),
        bytes=sum(bytes_of(parameters) for _count, parameters in good),
    )


def bytes_of(parameters: str) -> int:
    """The bytes a receipt tells of."""
    told = [part.partition(":")[2] for part in parameters.split(",") if part.startswith("bytes:")]
    return sum(int(text) for text in told if text.isdigit())


def tokens_of(consumer_ids: Sequence[int]) -> QuerySet[BulkToken]:
    """The tokens of applications, the newest first."""
    return BulkToken.objects.filter(consumer_id__in=consumer_ids).select_related("consumer")


def held_by(consumer_id: int, now: datetime) -> bool:
    """Whether an application holds a bulk grant in force."""
    rows = BulkGrant.objects.filter(consumer_id=consumer_id, state=BulkState.ACTIVE, valid_until__gt=now)
    return rows.exists()


def snapshot_part(now: datetime) -> Mapping[str, Any]:
    """Bulk grants and tokens in force, as gateways know them."""
    grants = BulkGrant.objects.filter(state=BulkState.ACTIVE, valid_until__gt=now, consumer__active=True)
    tokens = BulkToken.objects.filter(Q(not_after__gt=now, revoked_at__isnull=True, consumer__active=True))
    return {
        "bulk": tuple(bulk_spec(grant) for grant in grants.select_related("consumer")),
        "bulk_tokens": tuple(
            BulkTokenSpec(
                uid=token.uid,
                rid=token.consumer.rid,
                digest=token.digest,
                not_before=token.not_before.timestamp(),
                not_after=token.not_after.timestamp(),
            )
            for token in tokens.select_related("consumer")
        ),
    }


def bulk_spec(grant: BulkGrant) -> BulkSpec:
    """A grant as gateways know it."""
    return BulkSpec(
        uid=grant.uid,
        rid=grant.consumer.rid,
        share=grant.share,
        schema=grant.schema,
        table=grant.table_name,
        lake_table=grant.view,
        fields=tuple(grant.fields),
        purpose=grant.purpose,
        valid_from=(grant.valid_from or grant.created_at).timestamp(),
        valid_until=grant.valid_until.timestamp(),
        row_limit=grant.row_limit,
        daily_rows=grant.daily_rows,
        versions_kept=grant.versions_kept,
    )
