"""What stands in the log for an act, and how the act's own words lead to it.

The *statement* is the act in full: one canonical JSON object with the act's salt. It stays in the node's database
and is given to those who may see the act. The *entry*, which everyone may read, holds its two salted digests only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

from quanshu.kernel.ciphers import suite
from quanshu.kernel.merkle import leaf_hash
from quanshu.tlog.errors import BadProof

# Form 0: the tree holds the hash of the statement itself and no bundle shows it. Form 1: the entry below.
WHOLE, DIGESTS = 0, 1
# What every statement has; the log's own entry, which everyone may read, has no salt and is none.
NEEDED = ("uid", "at", "action", "salt")
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(values: Mapping[str, Any]) -> bytes:
    """Sorted JSON without blanks, in UTF-8."""
    return ENCODER.encode(values).encode()


def log_entry(*, uid: str, at: str, action: str, sha256: bytes, sm3: bytes) -> bytes:
    """The entry of form 1: {action, at, sha256, sm3, uid, v}; digests of the salted statement, as hex."""
    # Written out, in the names' order: twenty thousand a second pass here.
    act, moment, name = encode_basestring(action), encode_basestring(at), encode_basestring(uid)
    digests = f'"sha256":"{sha256.hex()}","sm3":"{sm3.hex()}"'
    return f'{{"action":{act},"at":{moment},{digests},"uid":{name},"v":1}}'.encode()


def entry_of(statement: bytes) -> bytes:
    """The entry of form 1 that a statement leads to. Raises `tlog.bad_proof` for what is no statement."""
    values = read_statement(statement)
    own, gm = hashlib.sha256(statement).digest(), suite("gm").digest(statement)
    return log_entry(uid=values["uid"], at=values["at"], action=values["action"], sha256=own, sm3=gm)


def read_statement(statement: bytes) -> dict[str, Any]:
    """The act in full. Raises `tlog.bad_proof`."""
    try:
        values = json.loads(statement)
    except (ValueError, RecursionError) as error:
        raise BadProof(fault="the entry in it cannot be read.") from error
    if not isinstance(values, dict) or not all(isinstance(values.get(name), str) for name in NEEDED):
        raise BadProof(fault="the entry in it lacks its uid, time, act or salt.")
    return values


def leaf_of_statement(statement: bytes) -> bytes:
    """The leaf hash a statement leads to; it names its own form."""
    form = read_statement(statement).get("form", WHOLE)
    return leaf_hash(entry_of(statement) if form == DIGESTS else statement)
