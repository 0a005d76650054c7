"""How a caller is known: the national convention, HTTP Message Signatures, client certificates."""

from quanshu.gateway.signing.convention import (
    MOST_ID,
    PREFIX,
    WINDOW_MS,
    BadHeader,
    BadSignature,
    OutsideWindow,
    ReplayCache,
    Replayed,
    SignedHeaders,
    Unsigned,
    check_signature,
    check_window,
    read_headers,
    sign_headers,
    signature,
)
from quanshu.gateway.signing.profiles import Profile

__all__ = [
    "MOST_ID",
    "PREFIX",
    "WINDOW_MS",
    "BadHeader",
    "BadSignature",
    "OutsideWindow",
    "Profile",
    "ReplayCache",
    "Replayed",
    "SignedHeaders",
    "Unsigned",
    "check_signature",
    "check_window",
    "read_headers",
    "sign_headers",
    "signature",
]
