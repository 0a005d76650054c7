"""The executor of a service by its shape, behind one small interface."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import Request

from quanshu.gateway.calls import Call
from quanshu.gateway.composing import Caller, Composite, row_cap
from quanshu.gateway.execution import Answer, Executor, Masks
from quanshu.gateway.snapshot import ServiceSpec
from quanshu.gateway.statistic import Statistic
from quanshu.gateway.tables import Server

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway
    from quanshu.gateway.state import Loaded


class Shape(Protocol):
    """What the route needs of a service. `asks` and `pick` choose grant and fields, `read` checks, `run` answers."""

    service: ServiceSpec

    def asks(self, given: Mapping[str, Any], fields: Sequence[str] | None) -> Sequence[str]:
        """Names a call asks to be told, by which its grant is chosen; empty for all granted ones."""
        ...

    def pick(self, asked: Sequence[str], granted: Sequence[str]) -> tuple[str, ...]:
        """The names to answer with. Raises FieldNotGranted."""
        ...

    def read(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The parameters, checked. Raises BadParameter."""
        ...

    def run(
        self, values: Mapping[str, Any], fields: Sequence[str], *, most: int | None = None, masks: Masks = ()
    ) -> Answer | Awaitable[Answer]:
        """The answer, at once or later, with `most` rows at most, under the grant's masks. Raises TableMissing."""
        ...


def executor_of(
    service: ServiceSpec, directory: Path, *, salt: str = "", marking: bytes = b"", server: Server | None = None
) -> Shape:
    """A service of a snapshot, ready to answer."""
    if service.composite is not None:
        return Composite(service, service.composite)
    if service.statistic is not None:
        return Statistic(service, service.statistic, directory, server=server)
    return Executor(service, directory, salt=salt, marking=marking, server=server)


def answer_of(
    gateway: Gateway, request: Request, call: Call, loaded: Loaded, executor: Shape, values: Mapping[str, Any]
) -> Answer | Awaitable[Answer]:
    """Run a call. A composite calls its parts as the caller would, under their own grants."""
    if isinstance(executor, Composite):
        return executor.compose(Caller(gateway, request, loaded), call, values)
    # Here and not in a thread: an indexed look-up is quicker than the way to another thread and back.
    masks = call.grant.masks if call.grant else ()
    return executor.run(values, call.fields, most=row_cap(call.grant, executor.service), masks=masks)


def told(call: Call, found: Answer) -> dict[str, Any]:
    """The body of an answer."""
    body: dict[str, Any] = {
        "code": "ok",
        "message": "成功",
        "receipt_id": call.receipt_id,
        "request_hash": call.request_hash,
        "service": {"sid": call.sid, "version": call.service_version},
        **outcome(found),
    }
    if found.parts:
        body["parts"] = list(found.parts)
    return body


def outcome(found: Answer) -> dict[str, Any]:
    """What was found, as every answer says it."""
    return {"result": found.result} if found.data is None else {"data": found.data, "total": len(found.data)}
