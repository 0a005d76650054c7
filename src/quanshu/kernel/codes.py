"""The resident code and the enterprise code 泉城码: their form, and what a verifier checks with or without a network.

docs/protocols/codes.md describes the form byte by byte. Times are whole seconds since 1970; nothing here reads a clock.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from quanshu.kernel.certificates import canonical
from quanshu.kernel.ciphers import suite
from quanshu.kernel.errors import Conflict, Invalid

PREFIX = "QS1:"
VERSION = 1
PERSON, ENTERPRISE = 0, 1
LIFETIME = 60
LONGEST = 300
# How far the clocks of node and verifier may be apart: on line they are servers', off line a device's.
SKEW, SKEW_OFFLINE = 5, 30
DAY = 86_400
LIST_KIND = "quanshu.codes.list/1"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {sign: value for value, sign in enumerate(ALPHABET)}
_BODY = struct.Struct(">BBB4s16s16s8sIIIH")
_SIGNATURE_BYTES = 64


class NotACode(Invalid):
    code = "codes.not_a_code"
    message = "This is no resident or enterprise code."
    remedy = "Ask the holder to open “My code” and scan the picture that is shown there."


class ForgedCode(Invalid):
    code = "codes.forged"
    message = "This code was not issued by this city: its signature does not fit."
    remedy = "Do not accept it. Ask the holder to show the code on the city's own page."


class ExpiredCode(Conflict):
    code = "codes.expired"
    message = "The code ended %(seconds)s seconds ago; a picture of a code is worth nothing."
    remedy = "Ask the holder to show the code as it is on the page now."


class ClockSkewed(Conflict):
    code = "codes.clock_skewed"
    message = "The clocks are %(seconds)s seconds apart, more than the %(most)s allowed."
    remedy = "Set the verifying device's clock from the network, then scan again."


class ReplayedCode(Conflict):
    code = "codes.replayed"
    message = "This code has been used already."
    remedy = "Ask the holder for a new code: press “New code” on the page."


class WrongScene(Conflict):
    code = "codes.wrong_scene"
    message = "The code was shown for another scene."
    remedy = "Ask the holder to choose this scene on the page and show the code again."


class NotChosen(Conflict):
    code = "codes.not_chosen"
    message = "This scene reads data by the holder's consent, and the code was shown without choosing the scene."
    remedy = "Ask the holder to choose the scene on the page, read what it may see, and show the code again."


class WrongVerifier(Conflict):
    code = "codes.wrong_verifier"
    message = "This device may not scan the code: it is not registered for the scene, or the code is for another one."
    remedy = "Ask the unit in charge of the scene to register the device, or the holder to choose it."


class RevokedHolder(Conflict):
    code = "codes.revoked_holder"
    message = "The holder's codes have been blocked."
    remedy = "Do not accept it. The holder can ask about it at the city's big data bureau."


class SceneOff(Conflict):
    code = "codes.scene_off"
    message = "The scene is not in force."
    remedy = "Ask the unit in charge when it will be; until then check the holder's papers."


class OutsideHours(Conflict):
    code = "codes.outside_hours"
    message = "The scene is open from %(opens)s to %(closes)s."
    remedy = "Scan within the scene's hours, or ask the unit in charge to change them."


class OnlineOnly(Conflict):
    code = "codes.online_only"
    message = "This scene is verified on line only."
    remedy = "Send the code to the node, or check the holder's papers."


class BadList(Invalid):
    code = "codes.bad_list"
    message = "This is no list of the node's: %(fault)s"
    remedy = "Download it again from the node's /codes/list/, and its keys from /codes/keys/."


class StaleList(Conflict):
    code = "codes.stale_list"
    message = "The list has been out of date for %(seconds)s seconds."
    remedy = "Download it again from the node's /codes/list/."


@dataclass(frozen=True, slots=True)
class Code:
    """What a code says. `reference` and `tag` tell nobody but the node whose it is; scene and verifier 0 are any;
    bit i of `proofs` says that the i-th statement of the scene holds."""

    kind: int
    proofs: int
    key_id: bytes
    code_id: bytes
    reference: bytes
    tag: bytes
    scene: int
    verifier: int
    issued: int
    lifetime: int

    @property
    def ends(self) -> int:
        return self.issued + self.lifetime


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key of the node, and from when to when it signs (0 for no bound): what it signed at another time is
    forged, so that a key which was replaced is worth nothing to whoever gets hold of it later."""

    public: bytes
    since: int = 0
    until: int = 0

    def signs_at(self, at: int) -> bool:
        """Whether what says it was signed at this time may be."""
        return self.since <= at and not 0 < self.until < at


def base45(data: bytes) -> str:
    """Base45 (RFC 9285): the signs a QR code holds most of."""
    signs = []
    for at in range(0, len(data) - 1, 2):
        high, rest = divmod(data[at] << 8 | data[at + 1], 45 * 45)
        middle, low = divmod(rest, 45)
        signs += [ALPHABET[low], ALPHABET[middle], ALPHABET[high]]
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        signs += [ALPHABET[low], ALPHABET[high]]
    return "".join(signs)


def from_base45(text: str) -> bytes:
    """Undo `base45`. Raises NotACode for signs, lengths and values it never writes."""
    try:
        values = [_VALUES[sign] for sign in text]
    except KeyError as fault:
        raise NotACode from fault
    rest = len(values) % 3
    whole = len(values) - rest
    pairs = [values[at] + values[at + 1] * 45 + values[at + 2] * 2025 for at in range(0, whole, 3)]
    last = values[-2] + values[-1] * 45 if rest == 2 else 0
    if rest == 1 or last > 0xFF or max(pairs, default=0) > 0xFFFF:
        raise NotACode
    return struct.pack(f">{len(pairs)}H", *pairs) + (bytes([last]) if rest else b"")


def key_id_of(public: bytes) -> bytes:
    """A signing key's name in a code: the first four bytes of its SHA-256."""
    return hashlib.sha256(public).digest()[:4]


def holder_tag(holder_key: bytes, code_id: bytes) -> bytes:
    """The mark by which a code is known to be of a holder, to whoever has that holder's key of the day."""
    return hmac.digest(holder_key, code_id, "sha256")[:8]


class Mint:
    """The node's secrets for codes: issues them and knows whose they are. Keeps no state between codes."""

    def __init__(self, private: bytes, reference_key: bytes, holder_master: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(private)
        self.public = self._private.public_key().public_bytes_raw()
        self.key_id = key_id_of(self.public)
        self._reference_key, self._master = reference_key, holder_master

    def holder_key(self, subject: int, day: int) -> bytes:
        """The holder's key of a day (days since 1970): published only for holders who are blocked."""
        return hmac.digest(self._master, struct.pack(">QI", subject, day), "sha256")

    def issue(
        self,
        *,
        subject: int,
        now: int,
        agent: int = 0,
        kind: int = PERSON,
        proofs: int = 0,
        scene: int = 0,
        verifier: int = 0,
        lifetime: int = LIFETIME,
    ) -> str:
        """A code's text: for `subject`, shown by `agent` (0 for themselves), for a scene and a verifier or any.

        Raises ValueError for a lifetime outside 1 to 300 seconds.
        """
        if not 1 <= lifetime <= LONGEST:
            raise ValueError(f"a code lives 1 to {LONGEST} seconds, not {lifetime}")
        code_id = secrets.token_bytes(16)
        sealer = Cipher(algorithms.AES(self._reference_key), modes.CBC(code_id)).encryptor()
        reference = sealer.update(struct.pack(">QQ", subject, agent)) + sealer.finalize()
        tag = holder_tag(self.holder_key(subject, now // DAY), code_id)
        body = _BODY.pack(VERSION, kind, proofs, self.key_id, code_id, reference, tag, scene, verifier, now, lifetime)
        return PREFIX + base45(body + self._private.sign(signed_part(body)))

    def whose(self, code: Code) -> tuple[int, int]:
        """(subject, agent) of a code that has been read with `read_code`. Raises ForgedCode for one not issued here."""
        opener = Cipher(algorithms.AES(self._reference_key), modes.CBC(code.code_id)).decryptor()
        subject, agent = struct.unpack(">QQ", opener.update(code.reference) + opener.finalize())
        expected = holder_tag(self.holder_key(subject, code.issued // DAY), code.code_id)
        if not hmac.compare_digest(expected, code.tag):
            raise ForgedCode
        return int(subject), int(agent)

    def sign_list(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The list that verifiers keep for scanning off line, signed."""
        signature = self._private.sign(list_part(payload))
        return {
            "kind": LIST_KIND,
            "payload": dict(payload),
            "key": self.key_id.hex(),
            "signature": base64.b64encode(signature).decode(),
        }


def signed_part(body: bytes) -> bytes:
    """What a code's signature covers."""
    return PREFIX.encode() + body


def list_part(payload: Mapping[str, Any]) -> bytes:
    """What a list's signature covers."""
    return f"{LIST_KIND}\n".encode() + canonical(payload)


def read_code(text: str, publics: Mapping[bytes, VerifyingKey]) -> Code:
    """The code in a scanned text whose signature holds by the one of the keys ({key id: key}) that signed then.

    Raises NotACode, ForgedCode.
    """
    text = text.strip("\r\n\t")
    if not text.startswith(PREFIX) or len(text) > 300:
        raise NotACode
    raw = from_base45(text.removeprefix(PREFIX))
    if len(raw) != _BODY.size + _SIGNATURE_BYTES or raw[0] != VERSION:
        raise NotACode
    body, signature = raw[: _BODY.size], raw[_BODY.size :]
    code = Code(*_BODY.unpack(body)[1:])
    key = publics.get(code.key_id)
    if key is None or not suite("intl").verify(key.public, signed_part(body), signature):
        raise ForgedCode
    if not key.signs_at(code.issued):
        raise ForgedCode
    if code.kind not in (PERSON, ENTERPRISE) or not 1 <= code.lifetime <= LONGEST:
        raise NotACode
    return code


def check_time(code: Code, *, at: float, skew: int = SKEW) -> None:
    """The code has been issued and has not ended at a verifier's time. Raises ExpiredCode, ClockSkewed."""
    if code.issued > at + skew:
        raise ClockSkewed(seconds=int(code.issued - at), most=skew)
    if at > code.ends + skew:
        raise ExpiredCode(seconds=int(at - code.ends))


def check_bound(code: Code, *, scene: int, verifier: int) -> None:
    """The code is for this scene and this verifier, or for any. Raises WrongScene, WrongVerifier."""
    if code.scene not in (0, scene):
        raise WrongScene
    if code.verifier not in (0, verifier):
        raise WrongVerifier


def check_hours(*, opens: str, closes: str, clock: str) -> None:
    """The city's time of day ("HH:MM") lies within a scene's hours, which may run past midnight; none are all day.

    Raises OutsideHours.
    """
    if not opens or not closes:
        return
    inside = opens <= clock < closes if opens <= closes else clock >= opens or clock < closes
    if not inside:
        raise OutsideHours(opens=opens, closes=closes)


def read_list(document: Any, publics: Mapping[bytes, VerifyingKey], *, at: float) -> dict[str, Any]:
    """The payload of the node's signed list, in force at a time. Raises BadList, StaleList."""
    if not isinstance(document, dict) or document.get("kind") != LIST_KIND:
        raise BadList(fault="its form is another.")
    payload = document.get("payload")
    try:
        key = publics[bytes.fromhex(document["key"])]
        signature = base64.b64decode(document["signature"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as fault:
        raise BadList(fault="it is signed by no key that is known.") from fault
    if not isinstance(payload, dict) or not suite("intl").verify(key.public, list_part(payload), signature):
        raise BadList(fault="its signature does not fit.")
    if not key.signs_at(payload.get("issued_at", 0)):
        raise BadList(fault="its key did not sign then.")
    if at > payload["valid_until"] + SKEW_OFFLINE:
        raise StaleList(seconds=int(at - payload["valid_until"]))
    return payload


@dataclass(frozen=True, slots=True)
class Offline:
    """What a verifier learns without a network: the code, its scene in the list, the statements that hold."""

    code: Code
    scene: Mapping[str, Any]
    proven: tuple[str, ...]


def verify_offline(
    text: str,
    *,
    listed: Mapping[str, Any],
    publics: Mapping[bytes, VerifyingKey],
    scene: int,
    verifier: int,
    at: float,
    clock: str,
    used: Collection[bytes] = (),
) -> Offline:
    """Check a code with the node's keys and its signed list (`read_list`) alone.

    `at` is the device's time, `clock` the city's time of day, `used` the ids of codes this device has taken.
    Raises what `read_code`, `check_time`, `check_bound` and `check_hours` raise, SceneOff, OnlineOnly, WrongVerifier,
    RevokedHolder, ReplayedCode.
    """
    code = read_code(text, publics)
    check_time(code, at=at, skew=SKEW_OFFLINE)
    check_bound(code, scene=scene, verifier=verifier)
    found = next((row for row in listed["scenes"] if row["number"] == scene), None)
    if found is None:
        raise SceneOff
    if not found["offline"]:
        raise OnlineOnly
    if code.scene == 0 and found["needs_choice"]:
        raise NotChosen
    if verifier in listed["verifiers_off"] or verifier not in found["verifiers"]:
        raise WrongVerifier
    check_hours(opens=found["opens"], closes=found["closes"], clock=clock)
    if any(
        hmac.compare_digest(holder_tag(bytes.fromhex(key), code.code_id), code.tag)
        for key in listed["holders_off"].get(str(code.issued // DAY), ())
    ):
        raise RevokedHolder
    if code.code_id in used:
        raise ReplayedCode
    proven = tuple(text for place, text in enumerate(found["proofs"]) if code.scene and code.proofs >> place & 1)
    return Offline(code, found, proven)
