"""The consent of whom a call asks about: looked up, held against the call, and counted when the call is answered.

A caller names consents in the header `Consent`, by uid or as the SD-JWT with its proof (RFC 9901), several parted by
commas for a composite. The uid is enough, since the call itself is signed by the application the consent was given
to; the SD-JWT shows less than all fields where the caller wishes so, and each proof is good once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quanshu.gateway.consents import Consented
from quanshu.gateway.host import Use
from quanshu.gateway.limits import ConsentUsedUp, Uses, uses_after
from quanshu.gateway.signing import Replayed, SignedHeaders
from quanshu.kernel import sd_jwt
from quanshu.kernel.errors import Forbidden, QuanshuError, Unavailable
from quanshu.kernel.identifiers.subject import subject_digest

if TYPE_CHECKING:
    from starlette.requests import Request

    from quanshu.gateway.app import Gateway
    from quanshu.gateway.calls import Call
    from quanshu.gateway.consent_specs import ConsentSpec
    from quanshu.gateway.shapes import Shape
    from quanshu.gateway.snapshot import GrantSpec
    from quanshu.gateway.state import Loaded

HEADER = "consent"
TYPE = "dc+sd-jwt"
VCT = "urn:quanshu:consent:1"
PROBE = "probe:"
MOST_NAMED = 20
MOST_KEPT = 10_000
# The words of a consent in the shared file.
TOTAL, DAY, TODAY = 1, 2, 3


class ConsentRequired(Forbidden):
    code = "gateway.consent_required"


class ConsentUnknown(Forbidden):
    code = "gateway.consent_unknown"


class ConsentForged(Forbidden):
    code = "gateway.consent_forged"


class ConsentBadProof(Forbidden):
    code = "gateway.consent_bad_proof"


class ConsentReplayed(Forbidden):
    code = "gateway.consent_replayed"


class ConsentWrongReceiver(Forbidden):
    code = "gateway.consent_wrong_receiver"


class ConsentWrongService(Forbidden):
    code = "gateway.consent_wrong_service"


class ConsentWrongSubject(Forbidden):
    code = "gateway.consent_wrong_subject"


class ConsentWrongPurpose(Forbidden):
    code = "gateway.consent_wrong_purpose"


class ConsentWithdrawn(Forbidden):
    code = "gateway.consent_withdrawn"


class ConsentNotYet(Forbidden):
    code = "gateway.consent_not_yet"


class ConsentExpired(Forbidden):
    code = "gateway.consent_expired"


class ConsentFields(Forbidden):
    code = "gateway.consent_fields"


class ConsentNoBatch(Forbidden):
    code = "gateway.consent_no_batch"


class ConsentsUnavailable(Unavailable):
    code = "gateway.consents_unavailable"


ENDED: Mapping[str, type[QuanshuError]] = {
    "revoked": ConsentWithdrawn,
    "expired": ConsentExpired,
    "used_up": ConsentUsedUp,
}
BAD_TOKEN: tuple[tuple[type[sd_jwt.SdJwtError], type[QuanshuError]], ...] = (
    (sd_jwt.Expired, ConsentExpired),
    (sd_jwt.NotYetValid, ConsentNotYet),
    (sd_jwt.BindingMissing, ConsentBadProof),
    (sd_jwt.BindingForged, ConsentBadProof),
    (sd_jwt.BindingStale, ConsentBadProof),
    (sd_jwt.WrongAudience, ConsentBadProof),
    (sd_jwt.SdJwtError, ConsentForged),
)


class Consents:
    """What one process keeps for the check of consents: tokens whose issuer it has checked, and counts of uses."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._use: Use | None = None
        self._opened: OrderedDict[str, tuple[dict[str, Any], dict[str, Any]]] = OrderedDict()

    @property
    def use(self) -> Use:
        """Counts that the host's processes share, and that stay when all of them end."""
        if self._use is None:
            self._use = Use(self._directory, "consented")
        return self._use

    def count(self, consent: Consented, *, now_ms: int) -> None:
        """Count one use on this host. Raises ConsentUsedUp or ConsentTooOften, and counts nothing then."""
        use = self.use
        with use.lock:
            words, place = use.words, use.place(consent.uid)
            uses = uses_after(consent, Uses(*words[place + TOTAL : place + TODAY + 1]), now_ms=now_ms)
            words[place + TOTAL], words[place + DAY], words[place + TODAY] = uses.total, uses.day, uses.today

    def known(self, consent: Consented) -> Consented:
        """The consent, used at least as often as this host knows: also where what hosts share was lost."""
        with self.use.lock:
            return replace(consent, used=max(consent.used, self.read(consent.uid).total))

    def keep(self, consent: Consented, uses: Uses) -> None:
        """Keep what all hosts have counted."""
        with self.use.lock:
            if uses.total > self.read(consent.uid).total:
                self.write(consent.uid, uses)

    def read(self, uid: str) -> Uses:
        """The words of a consent. Hold the lock."""
        words, place = self.use.words, self.use.place(uid)
        return Uses(*words[place + TOTAL : place + TODAY + 1])

    def write(self, uid: str, uses: Uses) -> None:
        """Change them. Hold the lock."""
        words, place = self.use.words, self.use.place(uid)
        words[place + TOTAL], words[place + DAY], words[place + TODAY] = uses.total, uses.day, uses.today

    def open(self, token: sd_jwt.SdJwt, loaded: Loaded) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and payload of a token whose issuer's signature is right; checked once and kept. Raises SdJwtError."""
        known = self._opened.get(token.jwt)
        if known is not None:
            return known
        opened = sd_jwt.open_token(
            token, issuer=lambda header, _claims: loaded.consent_issuers.get(header.get("kid", "")), typ=TYPE
        )
        self._opened[token.jwt] = opened
        while len(self._opened) > MOST_KEPT:
            self._opened.popitem(last=False)
        return opened


async def check_consent(
    gateway: Gateway,
    request: Request,
    call: Call,
    loaded: Loaded,
    executor: Shape,
    values: Mapping[str, Any],
    asked: Sequence[str],
) -> None:
    """Hold a call against the consent of whom it asks about; sets the call's consent, grant and fields.

    Raises what this module names, each fault its own.
    """
    spec = executor.service.consent
    if spec is None or call.grant is None:
        return
    subject = subject_digest(loaded.subject_key, spec.subject, str(values[spec.parameter]))
    if call.grant.uid.startswith(PROBE) and subject == spec.example:
        # The live check asks for the documentation's example, which is nobody.
        return
    consent, shown = await find_consent(gateway, request, call, loaded, subject)
    call.consent = consent
    check_scope(consent, call, spec, subject)
    call.grant = grant_for(gateway, call, loaded, consent, asked)
    allowed = consent.fields if shown is None else tuple(name for name in consent.fields if name in shown)
    if executor.service.shape == "verify":
        compared = {part.name for part in executor.service.parameters if part.compare}
        check_fields(consent, [name for name in values if name in compared], allowed)
    else:
        check_fields(consent, asked, allowed)
        granted = [name for name in call.grant.fields if name in allowed]
        if not granted:
            raise ConsentFields(uid=consent.uid, fields="*")
        call.fields = executor.pick(asked, granted)


async def find_consent(
    gateway: Gateway, request: Request, call: Call, loaded: Loaded, subject: str
) -> tuple[Consented, frozenset[str] | None]:
    """The consent named that fits the call best, and the fields its token shows, None when it was named by uid."""
    named = [part for part in map(str.strip, request.headers.get(HEADER, "").split(",")) if part]
    if not named:
        raise ConsentRequired(sid=call.sid)
    feed = gateway.state.consents
    if feed.fault or gateway.state.is_stale() or not loaded.subject_key:
        raise ConsentsUnavailable
    if len(named) == 1 and named[0] in feed.rows:
        return feed.rows[named[0]], None
    uids = {part: uid_of(gateway, call, loaded, part) if "~" in part else part for part in named[:MOST_NAMED]}
    if not all(uid in feed.rows for uid in uids.values()):
        # It may have been given since the feed was last looked at.
        await asyncio.get_running_loop().run_in_executor(None, gateway.state.follow_consents)
        feed = gateway.state.consents
        if feed.fault:
            raise ConsentsUnavailable
    found: list[tuple[int, Consented, str]] = []
    for part, uid in uids.items():
        row = feed.rows.get(uid)
        if row is not None:
            found.append(((row.sid == call.sid) + (row.rid == call.rid) + (row.subject == subject), row, part))
    if not found:
        raise ConsentUnknown
    _fit, consent, text = max(found, key=lambda entry: entry[0])
    if "~" not in text:
        return consent, None
    call.consent = consent
    return consent, await fields_shown(gateway, call, loaded, consent, text)


def uid_of(gateway: Gateway, call: Call, loaded: Loaded, text: str) -> str:
    """The uid of a token that is its issuer's. Raises ConsentForged."""
    try:
        _header, payload = gateway.consents.open(sd_jwt.SdJwt.parse(text), loaded)
    except sd_jwt.SdJwtError as fault:
        raise ConsentForged(fault=fault.code) from fault
    if payload.get("vct") != VCT:
        raise ConsentForged(fault="vct")
    return str(payload.get("jti", ""))


async def fields_shown(gateway: Gateway, call: Call, loaded: Loaded, consent: Consented, text: str) -> frozenset[str]:
    """The fields that a presentation shows, when its proof is right and new."""
    token = sd_jwt.SdJwt.parse(text)
    header, payload = gateway.consents.open(token, loaded)
    try:
        seen = sd_jwt.verify_opened(
            token,
            header,
            payload,
            now=datetime.fromtimestamp(call.at_ms / 1000, UTC),
            audience=audience_of(loaded.snapshot.node, call.sid),
        )
    except sd_jwt.SdJwtError as fault:
        raised = next(ours for theirs, ours in BAD_TOKEN if isinstance(fault, theirs))
        raise raised(uid=consent.uid, fault=fault.code) from fault
    proof = f"kb:{consent.uid}:{seen.binding['nonce']}"
    try:
        gateway.replay.check(SignedHeaders(call.rid, "", "", proof), now_ms=call.at_ms)
        if gateway.shared is not None:
            await gateway.shared.claim(proof)
    except Replayed as fault:
        raise ConsentReplayed(uid=consent.uid) from fault
    return frozenset(str(name) for name in seen.claims.get("fields", ()))


def audience_of(node: str, sid: str) -> str:
    """Whom a proof is made for: a service of a node."""
    return f"{node}:{sid}"


def check_scope(consent: Consented, call: Call, spec: ConsentSpec, subject: str) -> None:
    """Receiver, service, subject, state and time. What is another's is told first, so that its state is not."""
    told = {"uid": consent.uid}
    if consent.rid != call.rid:
        raise ConsentWrongReceiver(**told, rid=call.rid)
    if consent.sid != call.sid:
        raise ConsentWrongService(**told, sid=call.sid)
    if consent.subject != subject:
        raise ConsentWrongSubject(**told, name=spec.parameter)
    if consent.state != "granted":
        raise ENDED.get(consent.state, ConsentUnknown)(**told, most=consent.most_uses)
    if call.at_ms / 1000 < consent.valid_from:
        raise ConsentNotYet(**told)
    if call.at_ms / 1000 >= consent.valid_until:
        raise ConsentExpired(**told)


def grant_for(gateway: Gateway, call: Call, loaded: Loaded, consent: Consented, asked: Sequence[str]) -> GrantSpec:
    """The caller's grant for the purpose that was consented to. Raises ConsentWrongPurpose."""
    if call.grant is not None and call.grant.purpose == consent.purpose:
        return call.grant
    held = [grant for grant in gateway.held_grants(call, loaded) if grant.purpose == consent.purpose]
    if not held:
        raise ConsentWrongPurpose(uid=consent.uid)
    return next((grant for grant in held if set(asked) <= set(grant.fields)), held[0])


def check_fields(consent: Consented, asked: Sequence[str], allowed: Sequence[str]) -> None:
    """Nothing is asked for that was not consented to. Raises ConsentFields."""
    outside = [name for name in asked if name not in allowed] if asked else ()
    if outside:
        raise ConsentFields(uid=consent.uid, fields=", ".join(outside))


async def count_use(gateway: Gateway, call: Call) -> None:
    """Count a use of the call's consent before its answer leaves, where hosts share it among all of them.

    Raises ConsentUsedUp, ConsentTooOften, SharingFailed.
    """
    consent = call.consent
    if consent is None or (consent.most_uses is None and consent.per_day is None):
        return
    if gateway.shared is None:
        gateway.consents.count(consent, now_ms=call.at_ms)
    else:
        known = gateway.consents.known(consent)
        gateway.consents.keep(consent, await gateway.shared.count_consent(known, now_ms=call.at_ms))
