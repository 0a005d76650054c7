"""The base of every refusal: a code, parameters, an HTTP status, what is wrong and what to do.

Texts are English message ids with `%(name)s` places; an edge translates them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, ClassVar


def _same(text: str) -> str:
    return text


class QuanshuError(Exception):
    """A refusal. Subclasses set `code` ("room.reason"), `status`, `message` and `remedy`."""

    code: ClassVar[str] = "kernel.error"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "The request was refused."
    remedy: ClassVar[str] = ""

    def __init__(self, **params: Any) -> None:
        self.params: dict[str, Any] = params
        super().__init__(self.render())

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.params)

    def render(self, translate: Callable[[str], str] = _same) -> str:
        """The fault as one sentence in the reader's language."""
        return fill(translate(self.message), self.params)

    def as_dict(self, translate: Callable[[str], str] = _same) -> dict[str, Any]:
        """{"code", "message", "remedy", "params"}; parameters as plain JSON values."""
        return {
            "code": self.code,
            "message": self.render(translate),
            "remedy": fill(translate(self.remedy), self.params) if self.remedy else "",
            "params": {name: plain(value) for name, value in self.params.items()},
        }


def _rebuild(kind: type[QuanshuError], params: dict[str, Any]) -> QuanshuError:
    return kind(**params)


def fill(template: str, params: Mapping[str, Any]) -> str:
    """The template with its places filled; returned as it is when a parameter is missing."""
    try:
        return template % params if "%(" in template else template
    except (KeyError, TypeError, ValueError):
        return template


def plain(value: Any) -> Any:
    """A parameter as JSON can carry it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    return str(value)


class Invalid(QuanshuError):
    """The input does not fit."""

    code = "kernel.invalid"
    status = 422


class Unauthenticated(QuanshuError):
    """Nobody is signed in, or the proof of who is calling is wrong."""

    code = "kernel.unauthenticated"
    status = 401


class Forbidden(QuanshuError):
    """The caller is known and may not do this."""

    code = "kernel.forbidden"
    status = 403


class NotFound(QuanshuError):
    """There is no such thing, or the caller may not see it."""

    code = "kernel.not_found"
    status = 404


class Conflict(QuanshuError):
    """The thing's present state does not allow this."""

    code = "kernel.conflict"
    status = 409


class TooMany(QuanshuError):
    """A limit on rate or volume has been reached."""

    code = "kernel.too_many"
    status = 429


class Unavailable(QuanshuError):
    """Something this depends on does not answer now."""

    code = "kernel.unavailable"
    status = 503


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field and what to do; both are English message ids."""

    field: str
    fault: str
    remedy: str = ""
    params: Mapping[str, Any] = attribute(default_factory=dict)


class FieldErrors(Invalid):
    """One or more fields of a form or request at fault, all named at once."""

    code = "kernel.field_errors"
    message = "Some fields are not right: %(fields)s."
    remedy = "Correct the fields named and send again."

    def __init__(self, *, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors
        super().__init__(fields=", ".join(error.field for error in errors))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_fields, (self.errors,)

    def as_dict(self, translate: Callable[[str], str] = _same) -> dict[str, Any]:
        rows = [
            {
                "field": error.field,
                "fault": fill(translate(error.fault), error.params),
                "remedy": fill(translate(error.remedy), error.params) if error.remedy else "",
            }
            for error in self.errors
        ]
        return {**super().as_dict(translate), "errors": rows}


def _rebuild_fields(errors: tuple[FieldError, ...]) -> FieldErrors:
    return FieldErrors(errors=errors)
