"""The one seam between control plane and gateway: an immutable, versioned, signed snapshot.

`snapshot-<version>.json` holds canonical JSON, `.sig` its Ed25519 signature, `current` the version in
force. Revocations go through a small append-only feed beside it, so that they need no new snapshot.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from quanshu.gateway.consent_specs import ConsentKeysSpec, ConsentSpec, decode_consent_keys
from quanshu.gateway.shape_specs import CompositeSpec, StatisticSpec, decode_composite, decode_statistic
from quanshu.gateway.synthetic import ColumnShape
from quanshu.kernel.ciphers import suite
from quanshu.kernel.errors import Invalid
from quanshu.lake.masking import Mask

KEPT = 5
CURRENT, REVOCATIONS = "current", "revocations.jsonl"


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """A parameter of a service. `compare` parameters of a verify service are compared, not searched by."""

    name: str
    column: str
    type: str = "string"
    required: bool = True
    pattern: str = ""
    max_length: int = 100
    compare: bool = False
    title: str = ""
    title_en: str = ""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field a service can answer with; `mask` is applied before it leaves."""

    name: str
    column: str
    type: str = "string"
    grade: str = ""
    mask: str = "none"
    title: str = ""
    title_en: str = ""


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A published version of a service and the serving table it reads.

    `key` names the columns of the table that tell its rows apart; they are there to mark rows in receipts, and are
    answered with only where they are fields as well. An old version has an end (`ends_at`, epoch seconds) and the
    number of the version after it; several versions of a service stand in a snapshot, the newest last.
    """

    sid: str
    version: int
    name: str
    shape: str
    table_file: str
    table: str
    parameters: tuple[ParameterSpec, ...]
    fields: tuple[FieldSpec, ...]
    row_cap: int = 50
    name_en: str = ""
    abstract: str = ""
    abstract_en: str = ""
    provider: str = ""
    entry_uid: str = ""
    key: tuple[str, ...] = ()
    deprecated_at: float = 0.0
    ends_at: float = 0.0
    successor: int = 0
    statistic: StatisticSpec | None = None
    composite: CompositeSpec | None = None
    consent: ConsentSpec | None = None


@dataclass(frozen=True, slots=True)
class KeySpec:
    """A client's secret, sealed under the gateway's key with `rid:kid` as context; times are epoch seconds.

    A key of the schemes `ed25519` and `sm2` has no secret but the raw `public_key` in Base64.
    """

    kid: str
    secret_sealed: str
    not_before: float
    not_after: float
    scheme: str = "hmac"
    public_key: str = ""


@dataclass(frozen=True, slots=True)
class ClientSpec:
    """A calling application (requester id `rid`) and its keys.

    `profiles` are the ways it may sign; `fingerprints` the client certificates it must come with, any when empty.
    """

    rid: str
    name: str
    unit: str
    keys: tuple[KeySpec, ...]
    active: bool = True
    profiles: tuple[str, ...] = ("convention",)
    fingerprints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantSpec:
    """What one client may do with one service; times are epoch seconds.

    `windows` are texts of the form `12345 08:30-17:30`, `networks` CIDR texts; empty ones limit nothing. `version` 0 is
    whichever is the newest. `masks` are (field, mask) pairs agreed for this grant, beside the masks of the service.
    """

    uid: str
    rid: str
    sid: str
    fields: tuple[str, ...]
    purpose: str
    rate_per_minute: int
    daily_limit: int | None
    valid_from: float
    valid_until: float
    burst: int | None = None
    daily_rows: int | None = None
    row_cap: int | None = None
    windows: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    case_required: bool = False
    version: int = 0
    masks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PushSpec:
    """That one client may push files to one source (its uid)."""

    uid: str
    rid: str
    source: str
    most_bytes: int


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """A version of a service with synthetic rows of its shape. It has no serving table."""

    service: ServiceSpec
    shapes: tuple[ColumnShape, ...]
    draft: bool = False


@dataclass(frozen=True, slots=True)
class SandboxKeySpec:
    """An application's secret for the sandbox, sealed with `rid:sandbox` as context; times are epoch seconds."""

    rid: str
    secret_sealed: str
    not_after: float


@dataclass(frozen=True, slots=True)
class BulkSpec:
    """What one client may read in bulk: a view, which is the lake's table `lake_table`, shown under three names.

    `row_limit` is rows a read, `daily_rows` rows a city's day; `versions_kept` the newest versions that may be read.
    """

    uid: str
    rid: str
    share: str
    schema: str
    table: str
    lake_table: str
    fields: tuple[str, ...]
    purpose: str
    valid_from: float
    valid_until: float
    row_limit: int | None = None
    daily_rows: int | None = None
    versions_kept: int = 10


@dataclass(frozen=True, slots=True)
class BulkTokenSpec:
    """A bearer token of a client for bulk reads, known by its SHA-256 in hex; times are epoch seconds."""

    uid: str
    rid: str
    digest: str
    not_before: float
    not_after: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a gateway needs to answer calls and receive files."""

    version: int
    issued_at: str
    node: str
    services: tuple[ServiceSpec, ...] = ()
    clients: tuple[ClientSpec, ...] = ()
    grants: tuple[GrantSpec, ...] = ()
    pushes: tuple[PushSpec, ...] = ()
    sandboxes: tuple[SandboxSpec, ...] = ()
    sandbox_keys: tuple[SandboxKeySpec, ...] = ()
    bulk: tuple[BulkSpec, ...] = ()
    bulk_tokens: tuple[BulkTokenSpec, ...] = ()
    consent_keys: ConsentKeysSpec | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """Revocations read so far, and where to read on."""

    position: int = 0
    ended: frozenset[tuple[str, str]] = field(default_factory=frozenset)


class BadSnapshot(Invalid):
    code = "gateway.bad_snapshot"
    message = "The snapshot cannot be used: %(fault)s."
    remedy = "The gateway goes on with the one before. Publish again from the control plane, or compare the keys."


def encode(snapshot: Snapshot) -> bytes:
    """Canonical JSON: what is signed."""
    return json.dumps(asdict(snapshot), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def decode(data: bytes) -> Snapshot:
    """A snapshot from its bytes; BadSnapshot when it has not the form."""
    try:
        body = json.loads(data)
        return Snapshot(
            version=int(body["version"]),
            issued_at=str(body["issued_at"]),
            node=str(body["node"]),
            services=tuple(decode_service(row) for row in body["services"]),
            clients=tuple(map(decode_client, body["clients"])),
            grants=tuple(map(decode_grant, body["grants"])),
            # A control plane of an earlier version knows no pushes.
            pushes=tuple(PushSpec(**row) for row in body.get("pushes", ())),
            sandboxes=tuple(decode_sandbox(row) for row in body.get("sandboxes", ())),
            sandbox_keys=tuple(SandboxKeySpec(**row) for row in body.get("sandbox_keys", ())),
            bulk=tuple(BulkSpec(**{**row, "fields": tuple(row["fields"])}) for row in body.get("bulk", ())),
            bulk_tokens=tuple(BulkTokenSpec(**row) for row in body.get("bulk_tokens", ())),
            consent_keys=decode_consent_keys(body.get("consent_keys")),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise BadSnapshot(fault="it has not the form of a snapshot") from fault


def decode_grant(row: Mapping[str, Any]) -> GrantSpec:
    """One grant of a decoded snapshot; one of an earlier version has fewer limits."""
    lists = {name: tuple(row.get(name, ())) for name in ("fields", "windows", "networks")}
    masks = tuple((str(name), str(Mask(mask))) for name, mask in row.get("masks", ()))
    return GrantSpec(**{**row, **lists, "masks": masks})


def decode_client(row: Mapping[str, Any]) -> ClientSpec:
    """One client of a decoded snapshot; a control plane of an earlier version knows only the convention."""
    parts: dict[str, Any] = {**row, "keys": tuple(KeySpec(**key) for key in row["keys"])}
    for name in ("profiles", "fingerprints"):
        if name in row:
            parts[name] = tuple(row[name])
    return ClientSpec(**parts)


def decode_service(row: Mapping[str, Any]) -> ServiceSpec:
    """One service of a decoded snapshot."""
    parts: dict[str, Any] = dict(row)
    parts["parameters"] = tuple(ParameterSpec(**part) for part in row["parameters"])
    parts["fields"] = tuple(FieldSpec(**part) for part in row["fields"])
    parts["key"] = tuple(row.get("key", ()))
    if row.get("statistic"):
        parts["statistic"] = decode_statistic(row["statistic"])
    if row.get("composite"):
        parts["composite"] = decode_composite(row["composite"])
    if row.get("consent"):
        parts["consent"] = ConsentSpec(**row["consent"])
    return ServiceSpec(**parts)


def decode_sandbox(row: Mapping[str, Any]) -> SandboxSpec:
    """One sandbox of a decoded snapshot."""
    shapes = tuple(ColumnShape(**{**part, "codes": tuple(part["codes"])}) for part in row["shapes"])
    return SandboxSpec(decode_service(row["service"]), shapes, bool(row.get("draft")))


def write_snapshot(directory: Path, snapshot: Snapshot, private_key: bytes) -> None:
    """Write, sign and put in force. Readers see either the old or the new one; old files are cleared."""
    directory.mkdir(parents=True, exist_ok=True)
    body = encode(snapshot)
    name = f"snapshot-{snapshot.version}"
    write_whole(directory / f"{name}.json", body)
    write_whole(directory / f"{name}.sig", suite("intl").sign(private_key, body))
    write_whole(directory / CURRENT, str(snapshot.version).encode())
    versions = sorted(int(path.stem.partition("-")[2]) for path in directory.glob("snapshot-*.json"))
    for old in versions[:-KEPT]:
        for ending in ("json", "sig"):
            (directory / f"snapshot-{old}.{ending}").unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def current_version(directory: Path) -> int | None:
    """The version in force, or None when there is none yet."""
    try:
        return int((directory / CURRENT).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def load_snapshot(directory: Path, public_key: bytes, *, newer_than: int = -1) -> Snapshot:
    """The snapshot in force. BadSnapshot when it is missing, badly signed, misshapen, or older than the last."""
    version = current_version(directory)
    if version is None:
        raise BadSnapshot(fault="there is none")
    if version < newer_than:
        raise BadSnapshot(fault=f"version {version} is older than {newer_than}")
    try:
        body = (directory / f"snapshot-{version}.json").read_bytes()
        signature = (directory / f"snapshot-{version}.sig").read_bytes()
    except FileNotFoundError as fault:
        raise BadSnapshot(fault=f"version {version} is missing") from fault
    if not suite("intl").verify(public_key, body, signature):
        raise BadSnapshot(fault=f"the signature of version {version} is not the control plane's")
    snapshot = decode(body)
    if snapshot.version != version:
        raise BadSnapshot(fault=f"it calls itself version {snapshot.version}, not {version}")
    return snapshot


def append_revocation(directory: Path, kind: str, uid: str, at: str) -> None:
    """Add an ending of a grant, client, key, service, push, bulk or bulk_token to the feed; durable on return."""
    directory.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"kind": kind, "uid": uid, "at": at}, ensure_ascii=False) + "\n"
    handle = os.open(directory / REVOCATIONS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        # A torn last line of a writer that died must not swallow this one.
        os.write(handle, b"\n" + line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def read_revocations(directory: Path, feed: Feed) -> Feed:
    """Read on in the feed; a last line without its end is left for the next time."""
    path = directory / REVOCATIONS
    try:
        if path.stat().st_size == feed.position:
            return feed
        with path.open("rb") as file:
            file.seek(feed.position)
            data = file.read()
    except FileNotFoundError:
        return feed
    whole = data.rfind(b"\n") + 1
    ended = set(feed.ended)
    for line in data[:whole].splitlines():
        try:
            row = json.loads(line)
            ended.add((str(row["kind"]), str(row["uid"])))
        except (ValueError, KeyError, TypeError):
            continue
    return Feed(feed.position + whole, frozenset(ended))
