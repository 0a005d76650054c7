"""The request an act belongs to, known without passing it through every function."""

from __future__ import annotations

from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("quanshu_request_id", default="")


def set_request_id(value: str) -> None:
    """Remember the request's id for the entries it writes."""
    _request_id.set(value)


def current_request_id() -> str:
    """The present request's id, "" outside one."""
    return _request_id.get()
