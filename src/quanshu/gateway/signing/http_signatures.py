"""HTTP Message Signatures (RFC 9421): reading, building the signature base, and what must be covered."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quanshu.gateway.signing.faults import BadSignatureInput, Expired, Uncovered
from quanshu.gateway.signing.structured import InnerList, Item, Malformed, parse_dictionary, serialise

TAG = "quanshu"
MOST_SIGNATURES = 4
MOST_COMPONENTS = 32
MOST_NONCE = 128
MOST_KEYID = 120
# Headers that change what a request means: whoever sends one must sign it.
MEANINGFUL = ("x-case-number", "consent", "x-file-name", "x-total", "x-offset")
PARAMETERS = frozenset({"created", "expires", "nonce", "keyid", "alg", "tag"})
DERIVED = frozenset({"@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"})
PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as signatures see it: path and query as sent, headers by lower-case name, lines joined by commas."""

    method: str
    scheme: str
    authority: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpSignature:
    """One signature of a request; times are epoch seconds."""

    label: str
    covered: InnerList
    value: bytes
    created: int
    keyid: str
    expires: int | None
    nonce: str
    alg: str

    @property
    def components(self) -> tuple[str, ...]:
        """Names of what is covered."""
        return tuple(str(item.value) for item in self.covered.items)

    def replay_key(self, rid: str, base: bytes) -> str:
        """What a replay is known by: the application's nonce, or without one all that was signed.

        Not the signature's bytes, since those of one message may be written in more than one way.
        """
        seen = f"{rid}\n{self.nonce}".encode() if self.nonce else base
        return base64.b64encode(hashlib.sha256(seen).digest()).decode("ascii")


def wrong(header: str, fault: str, fault_en: str) -> BadSignatureInput:
    """A header at fault, in both languages."""
    return BadSignatureInput(header=header, fault=fault, fault_en=fault_en)


def read_signature(headers: Mapping[str, str]) -> HttpSignature:
    """The one signature with our tag, well formed. Raises BadSignatureInput naming header and fault."""
    inputs, values = _members(headers, "signature-input"), _members(headers, "signature")
    if len(inputs) > MOST_SIGNATURES or set(inputs) != set(values):
        raise wrong("Signature", "与 Signature-Input 的标签不一致", "its labels are not those of Signature-Input")
    ours = [
        (label, member)
        for label, member in inputs.items()
        if isinstance(member, InnerList) and member.params.get("tag") == TAG
    ]
    if len(ours) != 1:
        raise wrong("Signature-Input", f'须有且只有一个 tag="{TAG}" 的签名', f'one with tag="{TAG}" is needed')
    label, covered = ours[0]
    value = values[label]
    if not isinstance(value, Item) or not isinstance(value.value, bytes) or value.params:
        raise wrong("Signature", "须为字节序列", "it must be a byte sequence")
    _check_components(covered)
    return _typed(label, covered, value.value)


def _members(headers: Mapping[str, str], name: str) -> Mapping[str, Item | InnerList]:
    shown = "-".join(word.capitalize() for word in name.split("-"))
    text = headers.get(name, "")
    if not text:
        raise wrong(shown, "缺失", "it is missing")
    try:
        return parse_dictionary(text)
    except Malformed as fault:
        raise wrong(shown, "格式不正确", str(fault)) from fault


def _check_components(covered: InnerList) -> None:
    names = [item.value for item in covered.items]
    if len(names) > MOST_COMPONENTS or len(set(names)) != len(names):
        raise wrong("Signature-Input", "组成部分重复或过多", "a component stands twice, or there are too many")
    for item in covered.items:
        name = item.value
        if type(name) is not str or not name or name != name.lower() or item.params:
            raise wrong("Signature-Input", "组成部分须为不带参数的小写名称", "components are lower-case names")
        if name.startswith("@") and name not in DERIVED:
            raise wrong("Signature-Input", f"不支持 {name}", f"{name} is not supported")


def _typed(label: str, covered: InnerList, value: bytes) -> HttpSignature:
    params = covered.params
    extra = sorted(set(params) - PARAMETERS)
    if extra:
        raise wrong("Signature-Input", f"不支持参数 {', '.join(extra)}", f"unknown parameters {', '.join(extra)}")
    created, expires = params.get("created"), params.get("expires")
    if type(created) is not int or not (expires is None or type(expires) is int):
        raise wrong("Signature-Input", "created 须为秒数整数", "created must be an integer of seconds")
    texts = {name: params.get(name, "") for name in ("keyid", "nonce", "alg")}
    if not all(type(text) is str for text in texts.values()):
        raise wrong("Signature-Input", "keyid、nonce、alg 须为字符串", "keyid, nonce and alg must be strings")
    keyid, nonce, alg = (str(texts[name]) for name in ("keyid", "nonce", "alg"))
    if not keyid or len(keyid) > MOST_KEYID or len(nonce) > MOST_NONCE:
        raise wrong("Signature-Input", "keyid 缺失，或参数过长", "keyid is missing, or a parameter is too long")
    return HttpSignature(label, covered, value, created, keyid, expires, nonce, alg)


def check_covered(signature: HttpSignature, request: Request, *, body: bytes | None) -> None:
    """The signature covers what it must. `body` is None where the address itself names the content. Raises Uncovered.

    Method, address, the body's digest when there is a body, and each header that changes what the request means.
    """
    covered = set(signature.components)
    missing = [] if "@method" in covered else ["@method"]
    if "@target-uri" not in covered and "@request-target" not in covered:
        missing += [name for name in ("@path", "@query")[: 2 if request.query else 1] if name not in covered]
    if body and "content-digest" not in covered:
        missing.append("content-digest")
    missing += [name for name in MEANINGFUL if name in request.headers and name not in covered]
    if missing:
        raise Uncovered(components=", ".join(missing))


def check_expiry(signature: HttpSignature, *, now_ms: int) -> None:
    """The signature still holds, by its own word. Raises Expired."""
    if signature.expires is not None and now_ms >= signature.expires * 1000:
        raise Expired


def signature_base(covered: InnerList, request: Request) -> bytes:
    """What is signed (RFC 9421 section 2.5). Raises BadSignatureInput for a covered part that is not there."""
    lines = [f"{serialise(item)}: {component(request, str(item.value))}" for item in covered.items]
    lines.append(f'"@signature-params": {serialise(covered)}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError as fault:
        raise wrong("Signature-Input", "覆盖的内容须为 ASCII", "what is covered must be ASCII") from fault


def component(request: Request, name: str) -> str:
    """The value of a covered part. Raises BadSignatureInput."""
    if name.startswith("@"):
        return derived(request, name)
    value = request.headers.get(name)
    if value is None:
        raise wrong("Signature-Input", f"没有请求头 {name}", f"there is no header {name}")
    if any(letter < " " and letter != "\t" for letter in value):
        raise wrong("Signature-Input", f"请求头 {name} 含控制字符", f"the header {name} has control characters")
    return value


def derived(request: Request, name: str) -> str:
    """The value of a derived component (RFC 9421 section 2.2)."""
    path = request.path or "/"
    target = f"{path}?{request.query}" if request.query else path
    authority = request.authority.lower().removesuffix(PORTS.get(request.scheme, "\n"))
    return {
        "@method": request.method,
        "@scheme": request.scheme,
        "@authority": authority,
        "@path": path,
        "@query": f"?{request.query}",
        "@request-target": target,
        "@target-uri": f"{request.scheme}://{authority}{target}",
    }[name]


def parameters(
    components: Sequence[str], *, created: int, keyid: str, alg: str, nonce: str = "", expires: int | None = None
) -> InnerList:
    """The covered parts with the signature's parameters, as a signer writes them."""
    params: dict[str, int | str] = {"created": created}
    if expires is not None:
        params["expires"] = expires
    if nonce:
        params["nonce"] = nonce
    params |= {"keyid": keyid, "alg": alg, "tag": TAG}
    return InnerList(tuple(Item(name) for name in components), params)
