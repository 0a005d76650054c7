"""The node's signature of an answer, bound to the signed request it answers (RFC 9421 section 2.4).

Made only for a request that was itself signed so and asks for it by Accept-Signature.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from quanshu.gateway.signing.digest import content_digest
from quanshu.gateway.signing.http_signatures import TAG
from quanshu.gateway.signing.structured import (
    InnerList,
    Item,
    Malformed,
    parse_dictionary,
    serialise,
    serialise_dictionary,
)
from quanshu.kernel.ciphers import KeyPair, suite

LABEL, KEYID = "node", "node"
COVERED = ("@status", "content-digest", "x-receipt-id")


def node_pair(seal_key: bytes) -> KeyPair:
    """The Ed25519 key pair that a node's gateways sign answers with, derived from the seal key they share."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = hmac.digest(seal_key, b"answer signature", "sha256")
    return KeyPair(private, Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw())


def answer_base(covered: InnerList, *, status: int, headers: Mapping[str, str], request: bytes) -> bytes:
    """What is signed of an answer: status, digest, receipt, and the request's signature."""
    values = ["" if name == "@status" else headers.get(name, "") for name in COVERED]
    values[0] = str(status)
    values.append(serialise(Item(request)))
    lines = [f"{serialise(item)}: {value}" for item, value in zip(covered.items, values, strict=True)]
    return "\n".join([*lines, f'"@signature-params": {serialise(covered)}']).encode("ascii", "replace")


def parts(label: str, created: int) -> InnerList:
    """What an answer's signature covers."""
    items = (*(Item(name) for name in COVERED), Item("signature", {"req": True, "key": label}))
    return InnerList(items, {"created": created, "keyid": KEYID, "alg": "ed25519", "tag": TAG})


def sign_answer(
    pair: KeyPair, *, status: int, body: bytes, receipt_id: str, label: str, request: bytes, created: int
) -> dict[str, str]:
    """The headers of a signed answer: Content-Digest, Signature-Input and Signature."""
    headers = {"content-digest": content_digest(body), "x-receipt-id": receipt_id}
    covered = parts(label, created)
    base = answer_base(covered, status=status, headers=headers, request=request)
    return {
        "Content-Digest": headers["content-digest"],
        "Signature-Input": serialise_dictionary({LABEL: covered}),
        "Signature": serialise_dictionary({LABEL: Item(suite("intl").sign(pair.private, base))}),
    }


def answer_holds(
    public: bytes, *, status: int, body: bytes, headers: Mapping[str, str], label: str, request: bytes
) -> bool:
    """Whether an answer is the node's, whole, and to this request. `headers` are by lower-case name."""
    try:
        covered = parse_dictionary(headers.get("signature-input", ""))[LABEL]
        value = parse_dictionary(headers.get("signature", ""))[LABEL]
    except (Malformed, KeyError):
        return False
    if not isinstance(covered, InnerList) or not isinstance(value, Item) or not isinstance(value.value, bytes):
        return False
    created = covered.params.get("created")
    if type(created) is not int or covered != parts(label, created):
        return False
    if headers.get("content-digest") != content_digest(body):
        return False
    base = answer_base(covered, status=status, headers=headers, request=request)
    return suite("intl").verify(public, base, value.value)
