"""Versions of a service side by side: which one a call is answered by, and what is said of an old one.

`/s/{sid}` answers by the newest version, unless the caller's grant is bound to an older one that still holds;
`/s/{sid}/v{n}` answers by version n until its printed end. An old version tells its end in every answer:
`Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a `Link` to its successor (RFC 5829).
"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

from quanshu.gateway.calls import Call
from quanshu.gateway.shapes import Shape
from quanshu.gateway.snapshot import ServiceSpec
from quanshu.kernel.errors import Conflict, NotFound

if TYPE_CHECKING:
    from quanshu.gateway.state import Loaded


class UnknownVersion(NotFound):
    code = "gateway.unknown_version"


class VersionEnded(Conflict):
    code = "gateway.version_ended"


def choose(loaded: Loaded, call: Call) -> Shape | None:
    """The version a call is answered by; None when there is no such service. Raises UnknownVersion, VersionEnded."""
    newest = loaded.executors.get(call.sid)
    if newest is None:
        return None
    wanted = call.asked_version or bound_version(loaded, call) or newest.service.version
    executor = loaded.versions.get((call.sid, wanted))
    if executor is None:
        raise UnknownVersion(sid=call.sid, version=wanted, newest=newest.service.version)
    if is_over(executor.service, call.at_ms / 1000):
        call.service_version = wanted
        raise VersionEnded(sid=call.sid, version=wanted, newest=newest.service.version)
    return executor


def bound_version(loaded: Loaded, call: Call) -> int:
    """The version that every grant of the caller in force is bound to (the highest of several), else 0."""
    grants, seconds = loaded.grants.get((call.rid, call.sid), ()), call.at_ms / 1000
    if not any(grant.version for grant in grants):
        return 0
    held = [grant.version for grant in grants if grant.valid_from <= seconds < grant.valid_until]
    return max(held) if held and all(held) else 0


def is_over(service: ServiceSpec, seconds: float) -> bool:
    """Whether a version's printed end has passed."""
    return bool(service.ends_at) and service.ends_at <= seconds


def notices(loaded: Loaded | None, call: Call) -> dict[str, str]:
    """The headers that say that a version is old and when it ends; none for the newest."""
    executor = loaded.versions.get((call.sid, call.service_version)) if loaded else None
    if executor is None or not executor.service.ends_at:
        return {}
    service = executor.service
    return {
        "Deprecation": f"@{int(service.deprecated_at)}",
        "Sunset": formatdate(service.ends_at, usegmt=True),
        "Link": f'</s/{service.sid}/v{service.successor}>; rel="successor-version"',
    }
