"""The catalogue standard: the first version in force, a revision being drafted, and what it would ask of entries."""

from __future__ import annotations

from dataclasses import replace

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now
from quanshu.supply.catalogue.api import Entry, assess_standard
from quanshu.supply.standards.api import (
    CodeValue,
    StandardField,
    Version,
    VersionState,
    change_standard,
    content_of,
    draft_version,
)

BASIS = "市公共数据目录管理办法（修订征求意见稿）"
OFFICE = StandardField(
    code="contact_office",
    title="数据联系处室",
    title_en="Data contact office",
    need="conditional",
    when="share_type",
    when_values=("2",),
    max_length=50,
    column="数据联系处室",
    note="负责解释和核实本目录数据的处室",
)
HALF_YEARLY = CodeValue("half-yearly", "每半年", "Half-yearly", ("半年",))
SHORTER = 25


def play_standards(cast: Cast, say: Say) -> None:
    """One draft: a field that conditional sharing needs, a shorter abstract, a new cycle; entries held against it."""
    officer = cast.actors["bureau"]
    if Version.objects.filter(state=VersionState.DRAFT).exists():
        return
    version = draft_version(
        actor=officer,
        now=now(),
        title="政务信息资源目录编制标准（2026 修订稿）",
        title_en="Standard for compiling the catalogue (2026 revision)",
        basis=BASIS,
    )
    standard = content_of(version)
    fields = [replace(each, max_length=SHORTER) if each.code == "abstract" else each for each in standard.fields]
    place = next(at for at, each in enumerate(fields) if each.code == "provider_code") + 1
    lists = [
        replace(each, values=(*each.values, HALF_YEARLY)) if each.code == "update_cycle" else each
        for each in standard.lists
    ]
    changed = replace(standard, fields=(*fields[:place], OFFICE, *fields[place:]), lists=tuple(lists))
    change_standard(actor=officer, now=now(), version=version, standard=changed)
    assess_standard(actor=officer, now=now(), number=version.number)
    published = Entry.objects.published().count()
    say(f"version {version.number} of the catalogue standard drafted; {published} entries held against it")
