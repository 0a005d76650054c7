"""Batches: up to 1,000 parameter sets in one signed call, with one receipt and each item's own outcome."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from quanshu.gateway import messages
from quanshu.gateway.calls import Call, place_of
from quanshu.gateway.composing import row_cap
from quanshu.gateway.consenting import ConsentNoBatch
from quanshu.gateway.execution import Answer, BadParameter, Executor, Masks
from quanshu.gateway.openapi import MOST_ITEMS
from quanshu.gateway.reading import NotReady, read_body, read_request
from quanshu.gateway.shapes import outcome
from quanshu.kernel.clock import now_ms
from quanshu.kernel.errors import Invalid, QuanshuError
from quanshu.kernel.ids import new_uid

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway

logger = logging.getLogger(__name__)
MOST_BYTES = 1024 * 1024
# Marks of a batch's receipt: one for each item and as many again.
MOST_MARKS = 2 * MOST_ITEMS


class BadBatch(Invalid):
    code = "gateway.bad_batch"


class NoBatch(Invalid):
    code = "gateway.no_batch"


class Batches:
    """The route /s/{sid}/batch."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def call(self, request: Request) -> Response:
        """POST /s/{sid}/batch."""
        sid = request.path_params["sid"].encode(errors="replace").decode()[:80]
        call = Call(new_uid(), time.perf_counter(), now_ms(), sid)
        try:
            body = await self.perform(request, call)
            return await self.gateway.answer(call, 200, "ok", body)
        except QuanshuError as fault:
            return await self.gateway.refuse(call, fault.code, fault.params)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as fault:  # noqa: BLE001 - any fault is answered, and told by its place
            logger.error("batch %s failed: %s at %s", call.receipt_id, type(fault).__name__, place_of(fault))
            return await self.gateway.refuse(call, "gateway.internal", {})

    async def perform(self, request: Request, call: Call) -> dict[str, Any]:
        """Everything between the request and the answer's body. Limits count each item, or refuse the whole."""
        loaded = self.gateway.state.loaded
        if loaded is None:
            raise NotReady
        raw = await read_body(request, MOST_BYTES)
        call.request_hash = hashlib.sha256(raw).hexdigest()
        call.case_number = unquote(request.headers.get("x-case-number", ""), errors="replace")[:64]
        self.gateway.identify(request, call, loaded, body=raw)
        await self.gateway.claim(call)
        executor = self.gateway.find_service(call, loaded)
        if not isinstance(executor, Executor):
            raise NoBatch(sid=call.sid)
        if executor.service.consent is not None:
            raise ConsentNoBatch(sid=call.sid)
        given, asked = read_request(request, raw)
        items = read_items(given)
        call.items = len(items)
        call.grant = grant = self.gateway.find_grant(call, loaded, asked or ())
        call.fields = executor.pick(asked or (), grant.fields)
        await self.gateway.admit(request, call, loaded, grant, count=len(items))
        answers = await run_items(executor, items, call.fields, row_cap(grant, executor.service), grant.masks)
        keep(call, items, answers)
        await self.gateway.count_rows(call, loaded, grant, call.rows)
        return {
            "code": "ok",
            "message": "成功",
            "receipt_id": call.receipt_id,
            "request_hash": call.request_hash,
            "service": {"sid": call.sid, "version": call.service_version},
            "items": [item_of(answer) for answer in answers],
            "total": len(answers),
            "answered": sum(isinstance(answer, Answer) for answer in answers),
        }


def read_items(given: dict[str, Any]) -> list[Any]:
    """The batch's items. Raises BadBatch."""
    items = given.get("items")
    extra = [name for name in given if name != "items"]
    if extra:
        raise BadBatch(fault=f"不认识 {extra[0][:60]}", fault_en=f"{extra[0][:60]} is not known")
    if not isinstance(items, list) or not items:
        raise BadBatch(fault="items 须为非空列表", fault_en="items must be a list that is not empty")
    if len(items) > MOST_ITEMS:
        raise BadBatch(fault=f"items 超过 {MOST_ITEMS} 条", fault_en=f"more than {MOST_ITEMS} items")
    return items


async def run_items(
    executor: Executor, items: Sequence[Any], fields: tuple[str, ...], most: int | None, masks: Masks = ()
) -> list[Answer | QuanshuError]:
    """Each item's answer or refusal, in order. One form of query serves all items with the same parameters."""
    answers: list[Answer | QuanshuError | Awaitable[Answer]] = []
    read = reader_of(executor)
    for item in items:
        try:
            if not isinstance(item, dict):
                raise BadParameter(name="items", fault="每条须为参数对象", fault_en="each must be an object")
            answers.append(executor.run(read(item), fields, most=most, masks=masks))
        except BadParameter as fault:
            answers.append(fault)
    later = [answer for answer in answers if not isinstance(answer, Answer | QuanshuError)]
    if not later:
        return answers  # type: ignore[return-value]
    found = iter(await asyncio.gather(*later))
    return [answer if isinstance(answer, Answer | QuanshuError) else next(found) for answer in answers]


def reader_of(executor: Executor) -> Callable[[dict[str, Any]], Mapping[str, str]]:
    """`executor.read` with a short way for items of plain texts that are right; anything else takes the long one."""
    checks = {
        parameter.name: (re.compile(parameter.pattern or ".*", re.DOTALL).fullmatch, parameter.max_length)
        for parameter in executor.service.parameters
        if parameter.type == "string"
    }
    # Names of parameters that the long way has found to be enough.
    enough: set[tuple[str, ...]] = set()

    def read(item: dict[str, Any]) -> Mapping[str, str]:
        names = tuple(item)
        if names in enough:
            for name, value in item.items():
                fits, longest = checks[name]
                if type(value) is not str or not value or value != value.strip() or len(value) > longest:
                    break
                if not fits(value):
                    break
            else:
                return item
        values = executor.read(item)
        if tuple(values) == names and all(name in checks for name in names):
            enough.add(names)
        return values

    return read


def keep(call: Call, items: Sequence[Any], answers: Sequence[Answer | QuanshuError]) -> None:
    """What the receipt keeps: names of parameters, rows and marks over all items."""
    found = [answer for answer in answers if isinstance(answer, Answer)]
    names = {name for item, answer in zip(items, answers, strict=True) if isinstance(answer, Answer) for name in item}
    call.parameters = sorted(names)
    call.rows = sum(answer.rows for answer in found)
    call.marks = tuple(dict.fromkeys(mark for answer in found for mark in answer.marks))[:MOST_MARKS]


def item_of(answer: Answer | QuanshuError) -> dict[str, Any]:
    """One item's outcome: as a single call would have been answered, without what all share."""
    if isinstance(answer, Answer):
        return {"code": "ok", **outcome(answer)}
    body = messages.envelope(answer.code, answer.params, "")
    del body["receipt_id"]
    return body
