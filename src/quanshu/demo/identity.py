"""An identity provider for the demo: OpenID Connect with a list of the synthetic city's people to choose from.

Discovery, keys, code flow with PKCE (S256 alone), nonce, codes good for one use and one minute. It keeps nothing and
knows nobody but those in its file; it is run by `quanshu demo` and by tests, never by a node that people use.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from quanshu.kernel.clock import now as clock_now

CLIENT = "quanshu-demo"
RESIDENTS_FILE = "demo-residents.json"
BACK = "/my/sign-in/back/"
CODE_SECONDS, TOKEN_SECONDS = 60, 300
MOST_FAILURES, WAIT_SECONDS = 5, 30
ALGORITHM = "ES256"
VARIABLE = "QUANSHU_DEMO_IDENTITY"
WORDS = {
    "zh": {
        "title": "演示身份认证",
        "hint": "这是演示用的身份认证服务，以下均为虚构的居民和企业。请选择一个身份，输入测试口令。",
        "who": "身份",
        "pin": "测试口令",
        "go": "登录",
        "cancel": "取消",
        "wrong": "口令不正确，请重新输入。",
        "wait": "尝试次数过多，请半分钟后再试。",
    },
    "en": {
        "title": "Demo identity provider",
        "hint": "An identity provider for the demo; all people and enterprises below are made up. Choose one and enter "
        "the test PIN.",
        "who": "Who",
        "pin": "Test PIN",
        "go": "Sign in",
        "cancel": "Cancel",
        "wrong": "The PIN is wrong; enter it again.",
        "wait": "Too many attempts; try again in half a minute.",
    },
}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f1f5f9;color:#1e293b}"
    "main{max-width:26rem;margin:0 auto;padding:1.5rem}h1{font-size:1.4rem}"
    "label{display:block;margin:1rem 0 .25rem;font-weight:600}"
    "select,input{width:100%;box-sizing:border-box;padding:.7rem;font:inherit;border:1px solid #64748b;"
    "border-radius:.4rem;background:#fff}"
    "button{width:100%;margin-top:1.25rem;padding:.8rem;font:inherit;border:0;border-radius:.4rem;background:#1d4ed8;"
    "color:#fff}p.fault{color:#b91c1c}a{color:#1d4ed8}"
)


@dataclass(slots=True)
class Code:
    """A code that has been given out, and what it stands for."""

    person: Mapping[str, str]
    client: str
    redirect_uri: str
    nonce: str
    challenge: str
    until: float
    used: bool = False


@dataclass
class Identity:
    """The provider: its people by `sub`, its key, codes and tokens given out."""

    issuer: str
    people: Mapping[str, Mapping[str, str]]
    client: str = CLIENT
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": secrets.token_hex(4)}))
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Mapping[str, str]] = field(default_factory=dict)
    failures: dict[str, tuple[int, float]] = field(default_factory=dict)

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/jwks", self.jwks),
                Route("/authorize", self.authorize, methods=["GET", "POST"]),
                Route("/token", self.token, methods=["POST"]),
                Route("/userinfo", self.userinfo),
            ]
        )

    async def discovery(self, request: Request) -> Response:
        """OpenID Connect Discovery 1.0."""
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def jwks(self, request: Request) -> Response:
        """The public key."""
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    def fault_of(self, asked: Mapping[str, str]) -> str:
        """What is wrong with a request that must not be sent back; "" when nothing is."""
        if asked.get("client_id") != self.client:
            return "unknown client"
        if urlsplit(asked.get("redirect_uri", "")).path != BACK:
            return "unknown redirect_uri"
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return "unsupported request"
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return "PKCE with S256 is needed"
        return ""

    async def authorize(self, request: Request) -> Response:
        """The page to choose from, then back with a code."""
        asked = dict(request.query_params)
        fault = self.fault_of(asked)
        if fault:
            return Response(fault, status_code=400, media_type="text/plain")
        if request.method == "GET":
            return self.page(request, "")
        form = await fields(request)
        sub, pin = form.get("sub", ""), form.get("pin", "")
        person = self.people.get(sub)
        count, since = self.failures.get(sub, (0, 0.0))
        if count >= MOST_FAILURES and time.monotonic() - since < WAIT_SECONDS:
            return self.page(request, "wait")
        if person is None or not secrets.compare_digest(person["pin"].encode(), pin.encode()):
            self.failures[sub] = (count % MOST_FAILURES + 1, time.monotonic())
            return self.page(request, "wrong")
        self.failures.pop(sub, None)
        return RedirectResponse(self.answer(person, asked), status_code=303)

    def answer(self, person: Mapping[str, str], asked: Mapping[str, str]) -> str:
        """The address back, with a code."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(
            person,
            asked["client_id"],
            asked["redirect_uri"],
            asked.get("nonce", ""),
            asked["code_challenge"],
            time.monotonic() + CODE_SECONDS,
        )
        values = {"code": code, "state": asked.get("state", ""), "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(values)}"

    async def token(self, request: Request) -> Response:
        """Tokens for a code, once; a code seen again ends the tokens it had given (RFC 6749, section 4.1.2)."""
        form = await fields(request)
        code = self.codes.get(form.get("code", ""))
        given = form.get("code_verifier", "")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given.encode()).digest()).rstrip(b"=").decode()
        if code is not None and code.used:
            self.tokens = {name: person for name, person in self.tokens.items() if person is not code.person}
        good = (
            code is not None
            and not code.used
            and form.get("grant_type") == "authorization_code"
            and form.get("client_id") == code.client
            and form.get("redirect_uri") == code.redirect_uri
            and time.monotonic() < code.until
            and secrets.compare_digest(challenge, code.challenge)
        )
        if code is None or not good:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        code.used = True
        access = secrets.token_urlsafe(24)
        self.tokens[access] = code.person
        id_token = jwt.encode({"alg": ALGORITHM, "kid": self.key.kid}, self.claims(code), self.key)
        body = {"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "id_token": id_token}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    def claims(self, code: Code) -> dict[str, Any]:
        """The claims of an ID token. Who somebody is stands in them, so that nobody has to ask again."""
        moment = int(clock_now().timestamp())
        return {
            "iss": self.issuer,
            "aud": code.client,
            "iat": moment,
            "exp": moment + TOKEN_SECONDS,
            "nonce": code.nonce,
            **profile(code.person),
        }

    async def userinfo(self, request: Request) -> Response:
        """Who the bearer of a token is."""
        person = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if person is None:
            return JSONResponse({"error": "invalid_token"}, status_code=401)
        return JSONResponse(profile(person))

    def page(self, request: Request, fault: str) -> Response:
        """The list of people, made for a phone."""
        words = WORDS["zh" if request.headers.get("accept-language", "zh").lower().startswith("zh") else "en"]
        options = "".join(
            f'<option value="{html.escape(sub)}">{html.escape(person["name"])} · {html.escape(person["hint"])}</option>'
            for sub, person in self.people.items()
        )
        asked = dict(request.query_params)
        back = f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked.get('state', '')})}"
        told = f'<p class="fault" role="alert">{words[fault]}</p>' if fault else ""
        body = (
            '<!doctype html><html><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>{words['title']}</title><style>{STYLE}</style></head><body><main>"
            f"<h1>{words['title']}</h1><p>{words['hint']}</p>{told}"
            f'<form method="post"><label for="sub">{words["who"]}</label><select id="sub" name="sub">{options}</select>'
            f'<label for="pin">{words["pin"]}</label>'
            '<input id="pin" name="pin" inputmode="numeric" autocomplete="off" required>'
            f'<button type="submit">{words["go"]}</button></form>'
            f'<p><a href="{html.escape(back)}">{words["cancel"]}</a></p></main></body></html>'
        )
        return HTMLResponse(body, status_code=401 if fault else 200, headers={"X-Frame-Options": "DENY"})


async def fields(request: Request) -> dict[str, str]:
    """A posted form; a larger one than any sent here is cut."""
    body = await request.body()
    return dict(parse_qsl(body[:20_000].decode("utf-8", "replace"), keep_blank_values=True))


def profile(person: Mapping[str, str]) -> dict[str, str]:
    """What is said of a person or an enterprise."""
    number = "uscc" if person["kind"] == "enterprise" else "citizen_id"
    return {"sub": person["sub"], number: person["number"], "name": person["name"]}


def read_people(path: Path) -> dict[str, dict[str, str]]:
    """{sub: person} of the demo's file; nobody while it is not there."""
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return {row["sub"]: row for row in rows}


class FileIdentity(Identity):
    """Reads its file again for each page, as the story writes it after the provider has started."""

    def __init__(self, issuer: str, path: Path) -> None:
        super().__init__(issuer, read_people(path))
        self.path = path

    def page(self, request: Request, fault: str) -> Response:
        self.people = read_people(self.path)
        return super().page(request, fault)


def build() -> Starlette:
    """The application of a process of its own, from its environment."""
    given = json.loads(os.environ[VARIABLE])
    return FileIdentity(given["issuer"], Path(given["people"])).app()


def serve(*, port: int, people: Path) -> None:
    """Serve on this machine until SIGTERM or SIGINT."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ[VARIABLE] = json.dumps({"issuer": f"http://127.0.0.1:{port}", "people": str(people)})
    Granian(
        "quanshu.demo.identity:build",
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        log_access=False,
        log_level=LogLevels.warning,
    ).serve()


def free_port(wanted: int) -> int:
    """The wanted port, or another one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no port is free beside {wanted}")
