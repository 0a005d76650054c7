"""Issuing: which claims may be kept back, decoys among their digests, the holder's key."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quanshu.kernel.sd_jwt.errors import Malformed
from quanshu.kernel.sd_jwt.jws import encode, jwk_of, sign_jws
from quanshu.kernel.sd_jwt.parts import DIGESTS, ELEMENT, HASH, HASH_NAME, RESERVED, Disclosure, Path, SdJwt

TYPE = "dc+sd-jwt"
# A verifier needs these to judge the token at all, so that none may be kept back (SD-JWT VC, 2.2.2.3).
ALWAYS_SHOWN = frozenset({"iss", "nbf", "exp", "cnf", "vct", "status"})


def issue(
    claims: Mapping[str, Any],
    *,
    key: Ed25519PrivateKey,
    hide: Iterable[Path] = (),
    decoys: int = 0,
    holder: Ed25519PublicKey | None = None,
    typ: str = TYPE,
    kid: str = "",
) -> SdJwt:
    """The claims as a signed token with all its disclosures.

    `hide` names what may be kept back: `("name",)`, `("address", "street")`, `("addresses", 0)`,
    `("addresses", None)` for each element; naming a whole and a part of it makes the part a disclosure within
    a disclosure. `decoys` false digests go into each object and array that has a true one. `holder` is bound by
    `cnf` (RFC 7800). Raises Malformed for a reserved name in the claims, or a path that leads nowhere or to
    what must always be shown.
    """
    _refuse_reserved(claims)
    paths = sorted(set(hide), key=len)
    for path in paths:
        if not path or path[0] in ALWAYS_SHOWN:
            raise Malformed(fault=f"{spelt(path)} may not be kept back")
        if not leads(claims, path):
            raise Malformed(fault=f"{spelt(path)} is not among the claims")
    hiding = _Hiding(frozenset(paths), decoys)
    payload = hiding.value(dict(claims), ())
    if hiding.made:
        payload[HASH_NAME] = HASH
    if holder is not None:
        payload["cnf"] = {"jwk": jwk_of(holder)}
    header = {"typ": typ, "kid": kid} if kid else {"typ": typ}
    return SdJwt(sign_jws(payload, key=key, header=header), tuple(item.encoded for item in hiding.made))


def spelt(path: Path) -> str:
    """A path for a message."""
    return "/".join("*" if step is None else str(step) for step in path)


def _refuse_reserved(value: Any) -> None:
    if isinstance(value, Mapping):
        if RESERVED & value.keys() or HASH_NAME in value:
            raise Malformed(fault="a claim has a reserved name")
        for item in value.values():
            _refuse_reserved(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_reserved(item)


def leads(value: Any, path: Path) -> bool:
    """Whether something stands at the path."""
    if not path:
        return True
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        return isinstance(value, Mapping) and step in value and leads(value[step], rest)
    if not isinstance(value, list):
        return False
    if step is None:
        return not rest or any(leads(item, rest) for item in value)
    return 0 <= step < len(value) and leads(value[step], rest)


class _Hiding:
    """One pass over the claims from the leaves up; `made` collects the disclosures."""

    def __init__(self, paths: frozenset[Path], decoys: int) -> None:
        self._paths, self._decoys = paths, decoys
        self.made: list[Disclosure] = []

    def value(self, value: Any, path: Path) -> Any:
        if isinstance(value, Mapping):
            return self._object(value, path)
        if isinstance(value, list):
            return self._array(value, path)
        return value

    def _object(self, value: Mapping[str, Any], path: Path) -> dict[str, Any]:
        out: dict[str, Any] = {}
        digests: list[str] = []
        for name, item in value.items():
            inner = self.value(item, (*path, name))
            if self._is_hidden((*path, name)):
                digests.append(self._disclose(name, inner))
            else:
                out[name] = inner
        if digests:
            digests += [_decoy() for _ in range(self._decoys)]
            # Order would tell which claims these are.
            out[DIGESTS] = sorted(digests)
        return out

    def _array(self, value: list[Any], path: Path) -> list[Any]:
        out: list[Any] = []
        hidden = False
        for place, item in enumerate(value):
            inner = self.value(item, (*path, place))
            if self._is_hidden((*path, place)):
                hidden = True
                inner = {ELEMENT: self._disclose(None, inner)}
            out.append(inner)
        for _ in range(self._decoys if hidden else 0):
            out.insert(secrets.randbelow(len(out) + 1), {ELEMENT: _decoy()})
        return out

    def _disclose(self, name: str | None, value: Any) -> str:
        disclosure = Disclosure.make(name, value)
        self.made.append(disclosure)
        return disclosure.digest

    def _is_hidden(self, path: Path) -> bool:
        return any(len(hidden) == len(path) and fits(hidden, path) for hidden in self._paths)


def fits(pattern: Path, path: Path) -> bool:
    """Whether each step of the pattern is the path's own; None stands for any place in an array."""
    return all(
        step == taken or (step is None and isinstance(taken, int)) for step, taken in zip(pattern, path, strict=False)
    )


def _decoy() -> str:
    return encode(secrets.token_bytes(32))
