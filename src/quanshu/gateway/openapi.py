"""The OpenAPI 3.1 document of a service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from quanshu.gateway.messages import MESSAGES
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
SERVICE = {"type": "object", "properties": {"sid": TEXT, "version": {"type": "integer"}}}


def document(service: ServiceSpec, *, server: str) -> dict[str, Any]:
    """The service described for programs; titles are Chinese and English."""
    properties = {
        parameter.name: {
            **TYPES.get(parameter.type, TEXT),
            "maxLength": parameter.max_length,
            "description": both(parameter.title, parameter.title_en),
            **({"pattern": parameter.pattern} if parameter.pattern else {}),
        }
        for parameter in service.parameters
    }
    body: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": [parameter.name for parameter in service.parameters if parameter.required],
        "additionalProperties": False,
    }
    if service.shape == "query":
        names = [item.name for item in service.fields]
        properties["fields"] = {"type": "array", "items": {"type": "string", "enum": names}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": both(service.name, service.name_en),
            "version": str(service.version),
            "description": both(service.abstract, service.abstract_en),
        },
        "servers": [{"url": server.rstrip("/")}],
        "paths": {
            address_of(service): {
                "post": {
                    **ending_of(service),
                    "operationId": service.sid,
                    "security": [{part: [] for part in ("rid", "sid", "rtime", "sign")}],
                    "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
                    "responses": responses(service),
                }
            }
        },
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


def both(zh: str, en: str) -> str:
    """Chinese, then English where there is one."""
    return f"{zh} / {en}" if zh and en else zh or en


def responses(service: ServiceSpec) -> dict[str, Any]:
    """The answer of the service and the refusals it shares with all."""
    if service.shape == "verify":
        extra: dict[str, Any] = {"result": {"type": "string", "enum": ["match", "mismatch", "no_record"]}}
    else:
        row = {
            item.name: {**TYPES.get(item.type, TEXT), "description": both(item.title, item.title_en)}
            for item in service.fields
        }
        extra = {
            "data": {"type": "array", "items": {"type": "object", "properties": row}},
            "total": {"type": "integer"},
        }
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
    for code, (status, _zh, _remedy, _en, _remedy_en) in MESSAGES.items():
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
