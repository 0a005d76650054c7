"""The OpenAPI 3.1 document of a service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from quanshu.gateway.messages import refusals_of
from quanshu.gateway.shape_specs import GroupSpec, StatisticSpec
from quanshu.gateway.signing import PREFIX
from quanshu.gateway.snapshot import ServiceSpec
from quanshu.kernel.clock import CITY_TZ

TYPES = {
    "integer": {"type": "integer"},
    "decimal": {"type": "string", "format": "decimal"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
TEXT = {"type": "string"}
ENVELOPE = {"code": TEXT, "message": TEXT, "receipt_id": TEXT}
MOST_ITEMS = 1000
BATCHED = {"query", "verify"}
PART: dict[str, Any] = {
    "type": "object",
    "properties": {
        "node": TEXT,
        "sid": TEXT,
        "version": {"type": ["integer", "null"]},
        "required": {"type": "boolean"},
        "outcome": TEXT,
        "rows": {"type": "integer"},
        "receipt_id": {"type": ["string", "null"]},
    },
}
CONSENT = {
    "name": "Consent",
    "in": "header",
    "required": True,
    "schema": TEXT,
    "description": "授权编号，或授权凭证（SD-JWT 及密钥证明） / the consent's number, or its SD-JWT with key binding",
}
SERVICE = {"type": "object", "properties": {"sid": TEXT, "version": {"type": "integer"}}}


def document(service: ServiceSpec, *, server: str) -> dict[str, Any]:
    """The service described for programs; titles are Chinese and English."""
    body = request_body(service)
    call = operation(service.sid, body, responses(service))
    if service.consent is not None:
        call["post"]["parameters"] = [CONSENT]
    paths = {address_of(service): {"post": {**ending_of(service), **call["post"]}}}
    if service.shape in BATCHED and not service.ends_at and service.consent is None:
        paths[f"/s/{service.sid}/batch"] = operation(f"{service.sid}-batch", batch_body(body), batch_responses(service))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": both(service.name, service.name_en),
            "version": str(service.version),
            "description": both(service.abstract, service.abstract_en),
        },
        "servers": [{"url": server.rstrip("/")}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                part: {"type": "apiKey", "in": "header", "name": f"{PREFIX}{part}"}
                for part in ("rid", "sid", "rtime", "sign")
            }
        },
    }


def address_of(service: ServiceSpec) -> str:
    """The path of the newest version is the service's; an old one's names its number."""
    return f"/s/{service.sid}/v{service.version}" if service.ends_at else f"/s/{service.sid}"


def ending_of(service: ServiceSpec) -> dict[str, Any]:
    """That a version is old, when it ends and which one follows."""
    if not service.ends_at:
        return {}
    day = datetime.fromtimestamp(service.ends_at, CITY_TZ) - timedelta(seconds=1)
    last = day.date().isoformat()
    return {
        "deprecated": True,
        "x-sunset": last,
        "description": both(
            f"本版服务至 {last}，请改用第 {service.successor} 版。",
            f"Answers until {last}; version {service.successor} follows.",
        ),
    }


def operation(name: str, body: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    """A signed POST."""
    return {
        "post": {
            "operationId": name,
            "security": [{part: [] for part in ("rid", "sid", "rtime", "sign")}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": answers,
        }
    }


def request_body(service: ServiceSpec) -> dict[str, Any]:
    """What a call sends."""
    if service.statistic is not None:
        return statistic_body(service.statistic)
    properties = {
        parameter.name: {
            **TYPES.get(parameter.type, TEXT),
            "maxLength": parameter.max_length,
            "description": both(parameter.title, parameter.title_en),
            **({"pattern": parameter.pattern} if parameter.pattern else {}),
        }
        for parameter in service.parameters
    }
    if service.shape != "verify":
        names = [item.name for item in service.fields]
        properties["fields"] = {"type": "array", "items": {"type": "string", "enum": names}}
    return {
        "type": "object",
        "properties": properties,
        "required": [parameter.name for parameter in service.parameters if parameter.required],
        "additionalProperties": False,
    }


def statistic_body(spec: StatisticSpec) -> dict[str, Any]:
    """Groups, measures, and for each group the value to narrow to."""
    lists = {"groups": [part.name for part in spec.groups], "measures": [part.name for part in spec.measures]}
    properties: dict[str, Any] = {
        name: {"type": "array", "items": {"type": "string", "enum": names}} for name, names in lists.items()
    }
    for group in spec.groups:
        properties[group.name] = {"type": "string", "enum": list(group.values), **described(group)}
    return {"type": "object", "properties": properties, "required": [], "additionalProperties": False}


def described(group: GroupSpec) -> dict[str, Any]:
    """A group's title and, where it is known, what each of its values means."""
    title = both(group.title, group.title_en)
    if not group.told:
        return {"description": title}
    lines = (f"{value}: {told}" for value, told in zip(group.values, group.told, strict=True) if told)
    return {"description": "\n".join([title, *lines]), "x-enum-descriptions": list(group.told)}


def batch_body(body: dict[str, Any]) -> dict[str, Any]:
    """What a batch sends: items as single calls would be, and the fields of all."""
    item = {**body, "properties": {name: part for name, part in body["properties"].items() if name != "fields"}}
    properties = {"items": {"type": "array", "minItems": 1, "maxItems": MOST_ITEMS, "items": item}}
    if "fields" in body["properties"]:
        properties["fields"] = body["properties"]["fields"]
    return {"type": "object", "properties": properties, "required": ["items"], "additionalProperties": False}


def both(zh: str, en: str) -> str:
    """Chinese, then English where there is one."""
    return f"{zh} / {en}" if zh and en else zh or en


def responses(service: ServiceSpec) -> dict[str, Any]:
    """The answer of the service and the refusals it shares with all."""
    extra = found(service)
    if service.composite is not None:
        extra["parts"] = {"type": "array", "items": PART}
    return answered(service.shape, extra, consent=service.consent is not None)


def found(service: ServiceSpec) -> dict[str, Any]:
    """What a call, or an item of a batch, is answered with."""
    if service.shape == "verify":
        return {"result": {"type": "string", "enum": ["match", "mismatch", "no_record"]}}
    row: dict[str, dict[str, Any]] = {
        item.name: {**TYPES.get(item.type, TEXT), "description": both(item.title, item.title_en)}
        for item in service.fields
    }
    for measure in service.statistic.measures if service.statistic else ():
        title = {"description": both(measure.title, measure.title_en)}
        row[measure.name] = {"anyOf": [{"type": "number"}, {"const": "*"}, {"type": "null"}], **title}
    for output in service.composite.outputs if service.composite else ():
        if output.merge == "all":
            row[output.name] = {"type": "array", "items": TEXT, "description": row[output.name]["description"]}
    return {
        "data": {"type": "array", "items": {"type": "object", "properties": row}},
        "total": {"type": "integer"},
    }


def batch_responses(service: ServiceSpec) -> dict[str, Any]:
    """Items in the order sent, each answered or refused as a single call would be, and how many were answered."""
    item = {"type": "object", "properties": {"code": TEXT, "message": TEXT, **found(service)}, "required": ["code"]}
    number = {"type": "integer"}
    return answered(service.shape, {"items": {"type": "array", "items": item}, "total": number, "answered": number})


def answered(shape: str, extra: dict[str, Any], *, consent: bool = False) -> dict[str, Any]:
    """An answer with these properties, and every refusal there can be."""
    ok = {
        "description": "成功 / OK",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {**ENVELOPE, "request_hash": TEXT, "service": SERVICE, **extra},
                    "required": [*ENVELOPE, "request_hash", "service", *extra],
                }
            }
        },
    }
    refusals: dict[str, list[str]] = {}
    for code, (status, *_texts) in refusals_of(shape, consent=consent):
        refusals.setdefault(str(status), []).append(code)
    return {
        "200": ok,
        **{status: refusal(codes) for status, codes in sorted(refusals.items())},
    }


def refusal(codes: list[str]) -> dict[str, Any]:
    """A refusal with one of these codes; all have one form."""
    names = ("remedy", "message_en", "remedy_en")
    code = {"type": "string", "enum": codes}
    schema = {"type": "object", "properties": {**ENVELOPE, "code": code, **dict.fromkeys(names, TEXT)}}
    return {"description": ", ".join(codes), "content": {"application/json": {"schema": schema}}}
