"""What a gateway has loaded: services, clients, grants; and what has ended since."""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from quanshu.gateway.config import GatewayConfig
from quanshu.gateway.consents import CONSENTS, ConsentFeed, feed_key, read_consents
from quanshu.gateway.delta_sharing.links import link_key
from quanshu.gateway.limits import Terms
from quanshu.gateway.marks import mark_key
from quanshu.gateway.shapes import Shape, executor_of
from quanshu.gateway.signing.responses import node_pair
from quanshu.gateway.signing.session import session_root
from quanshu.gateway.snapshot import (
    CURRENT,
    REVOCATIONS,
    BadSnapshot,
    BulkSpec,
    BulkTokenSpec,
    ClientSpec,
    Feed,
    GrantSpec,
    PushSpec,
    Snapshot,
    current_version,
    load_snapshot,
    read_revocations,
)
from quanshu.gateway.tables import Server
from quanshu.kernel.ciphers import KeyPair, OpenFailed, suite

# A gateway looks several times a second; a folder that does not answer must not keep withdrawn consents alive.
STALE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """A client's opened secret, or its public key, and when it holds, in epoch seconds."""

    secret: str
    not_before: float
    not_after: float
    kid: str = ""
    scheme: str = "hmac"
    public: bytes = b""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A snapshot made ready: look-ups by key, secrets opened, services compiled (by code the newest; each version)."""

    snapshot: Snapshot
    clients: Mapping[str, ClientSpec]
    keys: Mapping[str, tuple[LoadedKey, ...]]
    grants: Mapping[tuple[str, str], tuple[GrantSpec, ...]]
    executors: Mapping[str, Shape]
    versions: Mapping[tuple[str, int], Shape] = field(default_factory=dict)
    pushes: Mapping[tuple[str, str], PushSpec] = field(default_factory=dict)
    terms: Mapping[str, Terms] = field(default_factory=dict)
    session_root: bytes = b""
    node_pair: KeyPair | None = None
    bulk: Mapping[str, BulkSpec] = field(default_factory=dict)
    bulk_tokens: Mapping[str, BulkTokenSpec] = field(default_factory=dict)
    link_key: bytes = b""
    subject_key: bytes = b""
    consent_issuers: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """The loaded snapshot, the revocations, and the last fault, replaced as a whole at each change."""

    config: GatewayConfig
    loaded: Loaded | None = None
    feed: Feed = field(default_factory=Feed)
    fault: str = ""
    server: Server | None = None
    _seen: tuple[tuple[int, int, int] | None, ...] = ()
    consents: ConsentFeed = field(default_factory=ConsentFeed)
    _feed_key: bytes = b""
    _reading: Lock = field(default_factory=Lock)
    _looked: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        if self.config.serving_url and self.server is None:
            self.server = Server(self.config.serving_url)

    def has_news(self) -> bool:
        """Whether snapshot or feeds have been written since this was last asked; three looks at the file system."""
        seen = tuple(stamp(f"{self.config.directory}/{name}") for name in (CURRENT, REVOCATIONS, CONSENTS))
        self._looked = monotonic()
        if seen == self._seen and self._feed_key and not self.fault:
            return False
        self._seen = seen
        return True

    def refresh(self) -> None:
        """Follow the feeds and the snapshot. A bad snapshot is refused, the one before kept and the fault told."""
        self.feed = read_revocations(self.config.directory, self.feed)
        self.follow_consents()
        version = self.loaded.snapshot.version if self.loaded else -1
        try:
            if current_version(self.config.directory) == version:
                return
            public_key = self.config.public_key_file.read_bytes()
            snapshot = load_snapshot(self.config.directory, public_key, newer_than=version)
            self.loaded = prepare(snapshot, self.config, self.server)
            self.fault = ""
        except (BadSnapshot, OSError) as fault:
            self.fault = str(fault)

    def is_stale(self) -> bool:
        """Whether so long nobody could look whether a consent was withdrawn that none is believed any more."""
        return monotonic() - self._looked > STALE_SECONDS

    def follow_consents(self) -> None:
        """Read on in the feed of consents; without the key of its MACs nothing in it is believed."""
        if not self._feed_key:
            try:
                self._feed_key = feed_key(self.config.seal_key_file.read_bytes())
            except OSError:
                return
        with self._reading:
            self.consents = read_consents(self.config.directory, self._feed_key, self.consents)

    def ended(self, kind: str, uid: str) -> bool:
        """Whether the feed says that it has ended."""
        return (kind, uid) in self.feed.ended


def stamp(path: str) -> tuple[int, int, int] | None:
    """What tells one writing of a file from another; None while there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def prepare(snapshot: Snapshot, config: GatewayConfig, server: Server | None = None) -> Loaded:
    """Open the secrets and compile the services. BadSnapshot when the seal key is another one."""
    seal_key = config.seal_key_file.read_bytes()
    salt = hash_salt(seal_key)
    marking = mark_key(seal_key)
    grants: dict[tuple[str, str], tuple[GrantSpec, ...]] = {}
    for grant in snapshot.grants:
        grants[grant.rid, grant.sid] = (*grants.get((grant.rid, grant.sid), ()), grant)
    versions = {
        (service.sid, service.version): executor_of(
            service, config.serving_directory, salt=salt, marking=marking, server=server
        )
        for service in snapshot.services
    }
    return Loaded(
        snapshot=snapshot,
        clients={client.rid: client for client in snapshot.clients},
        keys={client.rid: open_keys(client, seal_key) for client in snapshot.clients},
        grants=grants,
        executors={sid: versions[sid, number] for sid, number in sorted(versions)},
        versions=versions,
        pushes={(push.rid, push.source): push for push in snapshot.pushes},
        terms={grant.uid: terms_of(grant) for grant in snapshot.grants},
        session_root=session_root(seal_key),
        node_pair=node_pair(seal_key),
        bulk={spec.uid: spec for spec in snapshot.bulk},
        bulk_tokens={token.digest: token for token in snapshot.bulk_tokens},
        link_key=link_key(seal_key),
        **consent_keys(snapshot, seal_key),
    )


def consent_keys(snapshot: Snapshot, seal_key: bytes) -> dict[str, Any]:
    """The key of subjects' digests and those who issue consents. BadSnapshot when they cannot be opened."""
    spec = snapshot.consent_keys
    if spec is None:
        return {}
    try:
        subject = suite("intl").open(seal_key, base64.b64decode(spec.subject_sealed, validate=True), b"subject")
        issuers = {kid: Ed25519PublicKey.from_public_bytes(base64.b64decode(key)) for kid, key in spec.issuers}
    except (OpenFailed, ValueError) as fault:
        raise BadSnapshot(fault="the keys of consents cannot be opened") from fault
    return {"subject_key": subject, "consent_issuers": issuers}


def terms_of(grant: GrantSpec) -> Terms:
    """A grant's conditions. BadSnapshot when they have not the form."""
    try:
        return Terms.of(grant)
    except ValueError as fault:
        raise BadSnapshot(fault=f"the grant {grant.uid} cannot be read: {fault}") from fault


def hash_salt(seal_key: bytes) -> str:
    """The salt of the mask `hash`: hashes can be joined within this platform, and not be found by trying."""
    return hmac.digest(seal_key, b"hash mask", "sha256").hex()


def seal_secret(seal_key: bytes, rid: str, kid: str, secret: str) -> str:
    """A client's secret as a snapshot carries it."""
    return base64.b64encode(suite("intl").seal(seal_key, secret.encode(), f"{rid}:{kid}".encode())).decode("ascii")


def open_keys(client: ClientSpec, seal_key: bytes) -> tuple[LoadedKey, ...]:
    """A client's secrets in clear, and its public keys."""
    found = []
    for key in client.keys:
        try:
            if key.scheme != "hmac":
                public = base64.b64decode(key.public_key, validate=True)
                found.append(LoadedKey("", key.not_before, key.not_after, key.kid, key.scheme, public))
                continue
            sealed = base64.b64decode(key.secret_sealed, validate=True)
            secret = suite("intl").open(seal_key, sealed, f"{client.rid}:{key.kid}".encode()).decode()
        except (OpenFailed, ValueError) as fault:
            raise BadSnapshot(fault=f"a key of {client.rid} cannot be opened") from fault
        found.append(LoadedKey(secret, key.not_before, key.not_after, key.kid))
    return tuple(found)
