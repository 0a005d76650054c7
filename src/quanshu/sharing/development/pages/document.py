"""What a service's documentation says, once, for the page and for the Markdown file; in the language in force."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from quanshu.gateway.messages import refusals_of
from quanshu.gateway.sandbox import DAILY, RATE
from quanshu.shared.web.api import day
from quanshu.sharing.desk.api import (
    GRADES,
    MASKS,
    SHAPE_HINTS,
    SHAPES,
    SHARE_TYPES,
    TYPES,
    curl_example,
    java_example,
    python_example,
    title_of,
    values_of,
)
from quanshu.sharing.development.pages.labels import CHANGES, value_label
from quanshu.sharing.development.queries import example_keys, find_sandbox
from quanshu.sharing.services.api import (
    Service,
    ServiceVersion,
    compare_specs,
    published_spec,
)

PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the documentation: text, a table, and code blocks (title, language, text)."""

    key: str
    title: str
    text: str = ""
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    codes: Sequence[tuple[str, str, str]] = field(default_factory=tuple)


def sections_of(service: Service) -> list[Section]:
    """Everything there is to know of a service before calling it."""
    spec = published_spec(service)
    return [
        about(service),
        who(service),
        calling(service),
        parameters(spec),
        answers(service, spec),
        *values(spec),
        refusals(service),
        limits(spec),
        versions(service),
        examples(service, spec),
        sandbox(service, spec),
    ]


def about(service: Service) -> Section:
    """What it is."""
    rows = [
        (_("Service code"), service.sid),
        (_("Version"), str(service.served_version or service.version)),
        (_("Provider"), service.unit.name),
        (_("Catalogue entry"), f"{service.entry.title} ({service.entry.code})"),
        (_("Shape"), f"{SHAPES[service.shape]} · {SHAPE_HINTS[service.shape]}"),  # type: ignore[index]
    ]
    return Section("about", _("What it is"), service.about or service.title, (_("Matter"), _("Value")), rows)


def who(service: Service) -> Section:
    """Who may have it."""
    share = str(SHARE_TYPES[service.entry.share_type])  # type: ignore[index]
    condition = f"{share}：{service.entry.share_condition}" if service.entry.share_condition else share
    text = _(
        "An application of a unit calls it under a grant. Ask by a demand; the grant names fields, purpose and end."
    )
    return Section("who", _("Who may have it"), f"{condition}\n\n{text}")


def calling(service: Service) -> Section:
    """Address and signature."""
    base = settings.QUANSHU_GATEWAY_URL
    text = _(
        "Send a JSON object by POST, or parameters by GET, with four headers. The signature is Base64 of HMAC-SHA256 "
        "with the application's secret over service code, requester id and time in milliseconds, joined in this order. "
        "It holds for five minutes and once. The plain address is answered by the newest version, unless your grant is "
        "bound to an older one; the address with a number by that version."
    )
    rows = [
        (_("Newest version"), f"{base}/s/{service.sid}"),
        (_("One version"), f"{base}/s/{service.sid}/v{service.served_version or 1}"),
        (_("Sandbox"), f"{base}/sandbox/{service.sid}"),
    ]
    return Section("calling", _("How it is called"), text, (_("Matter"), _("Address")), rows)


def parameters(spec: dict[str, Any]) -> Section:
    """What is sent."""
    if spec.get("statistic"):
        cube = spec["statistic"]
        lists = (("groups", _("Grouped by")), ("measures", _("Measures")))
        chosen = [
            (name, title, ", ".join(f"{part['name']} {title_of(part)}" for part in cube[name])) for name, title in lists
        ]
        return Section(
            "parameters", _("Parameters"), "", (_("Parameter"), _("Title"), _("Names to choose among")), chosen
        )
    heads = (
        _("Parameter"),
        _("Title"),
        _("Used for"),
        _("Type"),
        _("Required"),
        _("Longest"),
        _("Pattern"),
        _("Example"),
    )
    rows = [
        (
            part["name"],
            title_of(part),
            _("Compare") if part["compare"] else _("Search by"),
            str(TYPES.get(part["type"], part["type"])),
            _("Yes") if part["required"] else _("No"),
            str(part["max_length"]),
            part["pattern"],
            part["example"],
        )
        for part in spec["parameters"]
    ]
    return Section("parameters", _("Parameters"), "", heads, rows)


def values(spec: dict[str, Any]) -> list[Section]:
    """What a statistic may be narrowed to, and what codes in its answer mean."""
    if not spec.get("statistic"):
        return []
    rows = [
        (part["name"], title_of(part), value, meaning)
        for part in spec["statistic"]["groups"]
        for value, meaning in values_of(part)
    ]
    heads = (_("Group"), _("Title"), _("Value"), _("Meaning"))
    text = _("A group's name as a parameter narrows the answer to one of these values.")
    return [Section("values", _("Values of the groups"), text, heads, rows)]


def answers(service: Service, spec: dict[str, Any]) -> Section:
    """What comes back."""
    if service.shape == "verify":
        rows = [
            ("match", _("A record is there and every value given is its own.")),
            ("mismatch", _("A record is there, and a value given differs.")),
            ("no_record", _("No record is there.")),
        ]
        return Section("fields", _("Answer"), "", (_("Result"), _("Meaning")), rows)
    heads = (_("Field"), _("Title"), _("Type"), _("Grade"), _("Mask"))
    fields = [
        (
            part["name"],
            title_of(part),
            str(TYPES.get(part["type"], part["type"])),
            str(GRADES.get(part["grade"], part["grade"])),
            str(MASKS.get(part["mask"], part["mask"])),
        )
        for part in spec["fields"]
    ]
    text = _("Masks are applied before the data leaves; a grant may hold fewer fields.")
    return Section("fields", _("Fields"), text, heads, fields)


def refusals(service: Service) -> Section:
    """Error codes with their remedies."""
    english = (get_language() or "").startswith("en")
    first = 3 if english else 1
    rows = [
        (str(text[0]), code, *(PLACE.sub(r"{\1}", str(text[at])) for at in (first, first + 1)))
        for code, text in refusals_of(service.shape)
    ]
    return Section("refusals", _("Refusals"), "", (_("HTTP status"), _("Code"), _("Meaning"), _("Remedy")), rows)


def limits(spec: dict[str, Any]) -> Section:
    """What is too much."""
    rows = [
        (_("Rows a call at most"), str(spec["row_cap"])),
        (_("Calls a minute and a day"), _("as the grant says")),
        (_("Size of a request"), "64 KiB"),
        (_("Clock difference"), _("5 minutes at most")),
        (_("Sandbox"), _("%(rate)s calls a minute, %(day)s a day for each application") % {"rate": RATE, "day": DAILY}),
    ]
    return Section("limits", _("Limits"), "", (_("Matter"), _("Limit")), rows)


def versions(service: Service) -> Section:
    """Every published version, its end, and what it changed."""
    rows: list[Sequence[str]] = []
    before: ServiceVersion | None = None
    for row in ServiceVersion.objects.filter(service=service).order_by("number"):
        changes = compare_specs(before.spec, row.spec) if before else ()
        told = "；".join(
            f"{CHANGES[part.kind]} {part.name}: {value_label(part, part.before)} → {value_label(part, part.after)}"
            for part in changes
        )
        rows.append((str(row.number), day(row.published_at), day(row.ends_on) if row.ends_on else "—", told or "—"))
        before = row
    text = _("An old version says its end in the headers Deprecation and Sunset; after it, calls are refused with 410.")
    heads = (_("Version"), _("Published at"), _("Answers until"), _("Changes against the one before"))
    return Section("versions", _("Versions"), text, heads, rows[::-1])


def examples(service: Service, spec: dict[str, Any], *, path: str = "", body: dict[str, str] | None = None) -> Section:
    """Programs that work as they stand, once requester id and secret are put in."""
    base = settings.QUANSHU_GATEWAY_URL
    codes = [
        ("curl", "sh", curl_example(service.sid, spec, base=base, path=path, body=body)),
        ("Python", "python", python_example(service.sid, spec, base=base, path=path, body=body)),
        ("Java 17", "java", java_example(service.sid, spec, base=base, path=path, body=body)),
    ]
    text = _(
        "Put in the requester id and the secret of your application; no library is needed. Java: java Example.java"
    )
    return Section("examples", _("Examples"), text, codes=codes)


def sandbox(service: Service, spec: dict[str, Any]) -> Section:
    """How to build before approval."""
    found = find_sandbox(service)
    rows = (
        [("; ".join(f"{name}={value}" for name, value in key.items()),) for key in example_keys(found) if key]
        if found
        else []
    )
    text = _(
        "The sandbox answers from 1,000 synthetic rows of the same shape, with a sandbox key that your application "
        "gets at once. A value fault:CODE provokes that refusal, slow:MS:VALUE an answer that much later. To switch to "
        "production, raise a demand, and change address and secret when it is granted."
    )
    return Section("sandbox", _("Sandbox"), text, (_("Keys that exist"),), rows)


def narrowed(sections: Sequence[Section], words: str) -> list[Section]:
    """The sections that hold every word, of their tables only the rows that do, where one does."""
    wanted = words.casefold().split()
    found = []
    for part in sections:
        rows = [row for row in part.rows if all(word in " ".join(row).casefold() for word in wanted)]
        rest = " ".join([part.title, part.text, *(code for _title, _language, code in part.codes)]).casefold()
        if rows:
            found.append(Section(part.key, part.title, "", part.heads, rows))
        elif all(word in rest for word in wanted):
            found.append(part)
    return found


def cell(text: str) -> str:
    """A text inside a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def markdown_of(service: Service) -> str:
    """The documentation as one Markdown file."""
    lines = [f"# {service.title}", "", f"`{service.sid}`", ""]
    for part in sections_of(service):
        lines += [f"## {part.title}", ""]
        if part.text:
            lines += [part.text, ""]
        if part.rows:
            lines += [f"| {' | '.join(map(cell, part.heads))} |", f"|{' --- |' * len(part.heads)}"]
            lines += [f"| {' | '.join(map(cell, row))} |" for row in part.rows]
            lines.append("")
        for title, language, text in part.codes:
            lines += [f"### {title}", "", f"```{language}", text, "```", ""]
    return "\n".join(lines)
