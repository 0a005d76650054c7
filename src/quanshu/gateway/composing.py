"""A composite: several services answered as one, each part under its caller's own grant and with its own receipt."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quanshu.gateway import messages
from quanshu.gateway.calls import Call
from quanshu.gateway.consenting import check_consent, count_use
from quanshu.gateway.execution import Answer, Masks, pick_fields, read_parameters
from quanshu.gateway.shape_specs import CompositeSpec, NodeSpec
from quanshu.gateway.snapshot import GrantSpec, ServiceSpec
from quanshu.kernel.errors import Forbidden, QuanshuError, Unavailable
from quanshu.kernel.ids import new_uid

if TYPE_CHECKING:
    from starlette.requests import Request

    from quanshu.gateway.app import Gateway
    from quanshu.gateway.shapes import Shape
    from quanshu.gateway.state import Loaded

RESULT = "result"
HIDDEN = "***"
NOT_TOLD = "gateway.part_unused"


class PartFailed(Unavailable):
    code = "gateway.part_failed"


class PartRefused(Forbidden):
    code = "gateway.part_refused"


class PartTimeout(Unavailable):
    code = "gateway.part_timeout"


class CompositeTimeout(Unavailable):
    code = "gateway.composite_timeout"


class PartGone(Unavailable):
    code = "gateway.part_gone"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and from where: what each part is admitted by."""

    gateway: Gateway
    request: Request
    loaded: Loaded


@dataclass(slots=True)
class Part:
    """One node of a call in progress. `outcome` is ok, no_input, not_needed, or the code it was refused with.

    `passed` are the fields that other parts are fed with, `masks` what the composite's own grant hides of the part.
    What is told lies in `answer`; `given` holds what is passed on where the grants hide some of that.
    """

    node: NodeSpec
    call: Call
    needed: tuple[str, ...]
    passed: tuple[str, ...] = ()
    masks: Masks = ()
    outcome: str = "gateway.part_timeout"
    answer: Answer | None = None
    given: Answer | None = None
    fault: QuanshuError | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def values(self, name: str) -> list[Any]:
        """The values of a field in every row found, or the result of a verification."""
        if self.answer is None:
            return []
        if self.answer.data is None:
            result = HIDDEN if any(hidden == RESULT for hidden, _mask in self.masks) else self.answer.result
            return [result] if name == RESULT else []
        return [row.get(name) for row in self.answer.data]

    def feeds(self, name: str) -> list[Any]:
        """The values of a field as they are passed on to another part, under the service's own masks."""
        if self.given is None or self.given.data is None:
            return self.values(name)
        return [row.get(name) for row in self.given.data]

    def told(self) -> dict[str, Any]:
        """How the part fared, for the answer."""
        return {
            "node": self.node.name,
            "sid": self.node.sid,
            "version": self.call.service_version or None,
            "required": self.node.required,
            "outcome": self.outcome,
            "rows": self.answer.rows if self.answer else 0,
            "receipt_id": self.call.receipt_id if self.call.grant else None,
        }


class Composite:
    """One composite of a snapshot. It has no table: its parts have."""

    def __init__(self, service: ServiceSpec, spec: CompositeSpec) -> None:
        self.service, self.spec = service, spec
        self._nodes = {node.name: node for node in spec.nodes}

    def asks(self, given: Mapping[str, Any], fields: Sequence[str] | None) -> Sequence[str]:
        return fields or ()

    def pick(self, asked: Sequence[str], granted: Sequence[str]) -> tuple[str, ...]:
        return pick_fields(self.service, asked, granted)

    def read(self, given: Mapping[str, Any]) -> dict[str, str]:
        return read_parameters(self.service, given)

    def run(
        self, values: Mapping[str, Any], fields: Sequence[str], *, most: int | None = None, masks: Masks = ()
    ) -> Answer:
        """A composite is run by `compose`, which knows who calls."""
        raise PartFailed(node="*", sid=self.service.sid, why="没有调用方", why_en="there is no caller")

    def needed(self, fields: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """{part: fields needed of it} for an answer with these fields: sources, what feeds them, required parts."""
        wanted: dict[str, list[str]] = {node.name: [] for node in self.spec.nodes if node.required}
        for output in self.spec.outputs:
            if output.name in fields:
                for node, name in output.sources:
                    wanted.setdefault(node, []).append(name)
        waiting = list(wanted)
        while waiting:
            for given in self._nodes[waiting.pop()].inputs:
                if given.node:
                    if given.node not in wanted:
                        waiting.append(given.node)
                    wanted.setdefault(given.node, []).append(given.name)
        return {node: tuple(dict.fromkeys(names)) for node, names in wanted.items()}

    def passed(self, name: str, needed: Mapping[str, Any]) -> tuple[str, ...]:
        """Fields of a part that other parts of the call are fed with."""
        found = [part.name for other in needed for part in self._nodes[other].inputs if part.node == name]
        return tuple(dict.fromkeys(found))

    def hidden(self, masks: Masks) -> dict[str, Masks]:
        """{part: masks of its fields} that masks of the answer's fields come to."""
        found: dict[str, Masks] = {}
        for output in self.spec.outputs:
            for mask in (mask for name, mask in masks if name == output.name):
                for node, name in output.sources:
                    found[node] = (*found.get(node, ()), (name, mask))
        return found

    async def compose(self, caller: Caller, call: Call, values: Mapping[str, Any]) -> Answer:
        """Run the parts, those that wait for nothing together, and merge what they found.

        Raises PartRefused, PartFailed or CompositeTimeout when a required part has no outcome; the receipts of the
        parts are kept before, and say that what they found was not told.
        """
        needed = self.needed(call.fields)
        hidden = self.hidden(call.grant.masks if call.grant else ())
        parts = {
            name: Part(
                self._nodes[name],
                Call(new_uid(), time.perf_counter(), call.at_ms, self._nodes[name].sid, call.rid, known=True),
                fields,
                self.passed(name, needed),
                hidden.get(name, ()),
            )
            for name, fields in needed.items()
        }
        for part in parts.values():
            part.call.request_hash, part.call.case_number = call.request_hash, call.case_number
        late = not await self._run_all(caller, parts, values)
        failed = next((part for part in parts.values() if part.node.required and failing(part)), None)
        await self._keep_receipts(caller.gateway, parts, told=failed is None)
        if failed is not None:
            self._refuse(failed, late=late)
        data = {name: merged(output.merge, output.sources, parts) for name, output in self._outputs(call.fields)}
        call.rows = sum(part.answer.rows for part in parts.values() if part.answer)
        # The marks stand in the receipts of the parts, whose fields they belong to.
        return Answer([data], None, parts=tuple(part.told() for part in parts.values()))

    def _outputs(self, fields: Sequence[str]) -> list[tuple[str, Any]]:
        known = {output.name: output for output in self.spec.outputs}
        return [(name, known[name]) for name in fields if name in known]

    async def _run_all(self, caller: Caller, parts: Mapping[str, Part], values: Mapping[str, Any]) -> bool:
        """Whether all parts ended within the composite's time."""
        try:
            async with asyncio.timeout(self.spec.timeout_ms / 1000):
                await asyncio.gather(*(run_part(caller, part, parts, values) for part in parts.values()))
        except TimeoutError:
            return False
        return True

    async def _keep_receipts(self, gateway: Gateway, parts: Mapping[str, Part], *, told: bool) -> None:
        """A receipt of each part that had a grant; the answer leaves when all are on disk. Raises JournalFailed."""
        waiting = []
        for part in parts.values():
            if part.call.grant is None or gateway.journal is None:
                continue
            found = part.answer
            ok = part.outcome == "ok"
            if ok and found is not None and told:
                part.call.rows, part.call.marks = found.rows, found.marks
            code = part.outcome if told or not ok else NOT_TOLD
            body = json.dumps(found.data if found else None, ensure_ascii=False, default=str).encode() if ok else b""
            status = 200 if code in {"ok", "no_input"} else 424
            waiting.append(gateway.journal.keep(gateway.receipt(part.call, status, code, body)))
        await asyncio.gather(*waiting)

    def _refuse(self, part: Part, *, late: bool) -> None:
        params = {"node": part.node.name, "sid": part.node.sid, **messages.why(part.outcome, part.fault)}
        if isinstance(part.fault, Forbidden):
            raise PartRefused(**params)
        if part.fault is None and late:
            raise CompositeTimeout(ms=self.spec.timeout_ms, **params)
        raise PartFailed(**params)


def row_cap(grant: GrantSpec | None, service: ServiceSpec) -> int | None:
    """The grant's cap of rows under the service's own; None where the service's holds."""
    return None if grant is None or grant.row_cap is None else min(grant.row_cap, service.row_cap)


def failing(part: Part) -> bool:
    """Whether a part has no outcome that can be told. Nothing found, and so nothing to pass on, is an outcome."""
    return part.outcome not in {"ok", "no_input"}


async def run_part(caller: Caller, part: Part, parts: Mapping[str, Part], values: Mapping[str, Any]) -> None:
    """Wait for the parts that feed this one, then call it; what goes wrong is its outcome."""
    try:
        for given in part.node.inputs:
            if given.node:
                await parts[given.node].done.wait()
        async with asyncio.timeout(part.node.timeout_ms / 1000):
            await call_part(caller, part, parts, values)
    except TimeoutError:
        part.fault = PartTimeout(node=part.node.name, sid=part.node.sid)
        part.outcome = part.fault.code
    except QuanshuError as fault:
        part.fault, part.outcome = fault, fault.code
    finally:
        part.done.set()


async def call_part(caller: Caller, part: Part, parts: Mapping[str, Part], values: Mapping[str, Any]) -> None:
    """The caller's own grant for the part, its limits, its fields under its masks."""
    gateway, loaded, call = caller.gateway, caller.loaded, part.call
    executor = gateway.find_service(call, loaded)
    given = inputs_of(part, parts, values)
    if executor.service.shape not in {"query", "verify"}:
        raise PartGone(node=part.node.name, sid=part.node.sid)
    verify = executor.service.shape == "verify"
    asked = () if verify else part.needed or tuple(f.name for f in executor.service.fields[:1])
    call.grant = gateway.find_grant(call, loaded, asked)
    call.fields = executor.pick(asked, call.grant.fields)
    if given is None:
        part.outcome = "no_input"
        return
    checked = executor.read(given)
    call.parameters = sorted(checked)
    if executor.service.consent is not None:
        await check_consent(gateway, caller.request, call, loaded, executor, checked, asked)
    grant = call.grant
    await gateway.admit(caller.request, call, loaded, grant)
    found = await answer_of_part(part, executor, checked, grant)
    await gateway.count_rows(call, loaded, grant, found.rows)
    if call.consent is not None:
        await count_use(gateway, call)
    part.answer, part.outcome = found, "ok"


async def answer_of_part(part: Part, executor: Shape, values: Mapping[str, str], grant: GrantSpec) -> Answer:
    """What the part tells, under the masks of both grants; what it passes on, if that is more, is kept with it.

    Runs in a thread, so that a part that reads long holds up neither the others nor the time limits.
    """
    masks, most = grant.masks + part.masks, row_cap(grant, executor.service)

    async def run(fields: Sequence[str], masks: Masks) -> Answer:
        found = await asyncio.to_thread(executor.run, values, fields, most=most, masks=masks)
        return found if isinstance(found, Answer) else await found

    if {name for name, _mask in masks} & set(part.passed):
        part.given = await run(part.passed, ())
    return await run(part.call.fields, masks)


def inputs_of(part: Part, parts: Mapping[str, Part], values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The part's parameters; None when one that another part should give is not there."""
    given: dict[str, Any] = {}
    for source in part.node.inputs:
        if not source.node:
            if source.name in values:
                given[source.parameter] = values[source.name]
            continue
        found = next((value for value in parts[source.node].feeds(source.name) if value not in (None, "")), None)
        if found is None:
            return None
        given[source.parameter] = found
    return given


def merged(merge: str, sources: Sequence[tuple[str, str]], parts: Mapping[str, Part]) -> Any:
    """One field of the answer: the first value there is, in the order of the sources, or all of them."""
    found = [value for node, name in sources if node in parts for value in parts[node].values(name)]
    there = [value for value in found if value is not None]
    return there if merge == "all" else next(iter(there), None)
