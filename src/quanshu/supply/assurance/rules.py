"""Decisions of quality assurance. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks import CheckKind
from quanshu.lake.checks.profile import ColumnProfile, TableProfile
from quanshu.lake.checks.specs import OF_TABLE
from quanshu.supply.assurance.types import NotReported, Outcome, ReportData, SetData, Suggestion, Verdict
from quanshu.supply.catalogue.api import ItemData
from quanshu.supply.quality.api import RuleData, Severity, suggestions

# A rule is suggested when so great a share of the values keeps it already, and there are enough to tell.
NEARLY_ALL = 0.9
FILLED = 0.98
ENOUGH = 3
# In a small table many columns differ by chance.
MANY = 200
MOST_CODES = 30
ROWS_A_CODE = 10
FORM_KINDS = (CheckKind.CITIZEN_ID, CheckKind.USCC, CheckKind.PHONE, CheckKind.REGION_CODE)


def from_items(items: Sequence[ItemData]) -> list[Suggestion]:
    """What the catalogue says, each with its evidence."""
    evidence = {
        CheckKind.UNIQUE: "item_key",
        CheckKind.REQUIRED: "item_required",
        CheckKind.CODE_LIST: "item_codes",
        CheckKind.RANGE: "item_date",
    }
    return [Suggestion(data, evidence.get(CheckKind(data.kind), "item_kind")) for data in suggestions(items)]


def from_profile(items: Sequence[ItemData], profile: TableProfile) -> list[Suggestion]:
    """What the data say, each with its evidence."""
    titles = {item.name: item.title for item in items}
    known = [column for column in profile.columns if column.name in titles]
    found: list[Suggestion] = []
    for column in known:
        found += of_column(column, titles[column.name], profile.rows)
    found += of_keys(profile, titles)
    found += of_births(known, titles)
    for row in profile.dependencies:
        if row.decides in titles and row.follows in titles:
            name = _("%(first)s decides %(second)s") % {"first": titles[row.decides], "second": titles[row.follows]}
            data = RuleData(name, CheckKind.DEPENDENCY, (row.decides, row.follows))
            figures = {"agreeing": row.agreeing, "rows": row.rows, "groups": row.groups}
            found.append(Suggestion(data, "dependency", figures))
    for inclusion in profile.inclusions:
        if inclusion.column in titles:
            name = _("%(title)s: present in the other table") % {"title": titles[inclusion.column]}
            params = {"table": inclusion.table, "column": inclusion.other}
            data = RuleData(name, CheckKind.REFERENCE, (inclusion.column,), params)
            looked: dict[str, Any] = {"found": inclusion.found, "values": inclusion.values, "table": inclusion.table}
            found.append(Suggestion(data, "reference", looked))
    return found


def of_column(column: ColumnProfile, title: str, rows: int) -> Iterator[Suggestion]:
    """Rules that one column's figures speak for."""
    only = (column.name,)
    if rows >= ENOUGH and column.filled >= FILLED * rows:
        data = RuleData(_("%(title)s: filled in") % {"title": title}, CheckKind.REQUIRED, only)
        yield Suggestion(data, "filled", {"filled": column.filled, "rows": rows})
    for form in FORM_KINDS:
        fitting = column.forms.get(form, 0)
        if fitting >= ENOUGH and fitting >= NEARLY_ALL * column.filled:
            name = {
                CheckKind.CITIZEN_ID: _("%(title)s: valid citizen ID"),
                CheckKind.USCC: _("%(title)s: valid social credit code"),
                CheckKind.PHONE: _("%(title)s: valid telephone number"),
                CheckKind.REGION_CODE: _("%(title)s: valid division code"),
            }[form] % {"title": title}
            yield Suggestion(RuleData(name, form, only), "form", {"fitting": fitting, "filled": column.filled})
            return
    codes = codes_of(column)
    if codes:
        data = RuleData(
            _("%(title)s: in the code list") % {"title": title}, CheckKind.CODE_LIST, only, {"codes": list(codes)}
        )
        yield Suggestion(data, "few_values", {"codes": len(codes), "filled": column.filled})


def codes_of(column: ColumnProfile) -> tuple[str, ...]:
    """The values of a column that look like a code list: few, short, each in more than a stray row."""
    few = 2 <= column.distinct <= MOST_CODES and column.filled >= ROWS_A_CODE * column.distinct
    if not few or (column.longest or 0) > 20 or column.type.startswith(("date", "timestamp", "double")):
        return ()
    least = max(2, column.filled // 1000)
    codes = tuple(sorted(value for value, count in column.top if count >= least))
    return codes if len(codes) >= 2 else ()


def of_keys(profile: TableProfile, titles: dict[str, str]) -> Iterator[Suggestion]:
    """Keys that hold in every row; a column of dates or of many figures is one by chance."""
    types = {column.name: column.type for column in profile.columns}
    for key in profile.keys:
        if any(types[name].startswith(("date", "timestamp", "double")) or name not in titles for name in key):
            continue
        if profile.rows >= MANY:
            title = "、".join(titles[name] for name in key)
            data = RuleData(_("%(title)s: not repeated") % {"title": title}, CheckKind.UNIQUE, key)
            yield Suggestion(data, "distinct", {"rows": profile.rows})


def of_births(columns: Sequence[ColumnProfile], titles: dict[str, str]) -> Iterator[Suggestion]:
    """A citizen ID and a birth date in the same row."""
    ids = [one for one in columns if one.forms.get(CheckKind.CITIZEN_ID, 0) >= max(ENOUGH, NEARLY_ALL * one.filled)]
    for born in columns:
        if born.type.startswith("date") and ("birth" in born.name or "born" in born.name) and len(ids) == 1:
            name = _("%(title)s: as in the citizen ID") % {"title": titles[born.name]}
            data = RuleData(name, CheckKind.BIRTH_DATE, (ids[0].name, born.name))
            yield Suggestion(data, "birth", {"fitting": ids[0].forms[CheckKind.CITIZEN_ID], "filled": ids[0].filled})


def merged(suggested: Sequence[Suggestion], present: set[tuple[str, tuple[str, ...]]]) -> list[Suggestion]:
    """Each kind once for its columns, what is there already left out; items speak before data."""
    found: dict[tuple[str, tuple[str, ...]], Suggestion] = {}
    for one in suggested:
        name = (one.data.kind, tuple(one.data.columns))
        if name not in present and not replaced(name, present | set(found)):
            found.setdefault(name, one)
    return list(found.values())


def replaced(name: tuple[str, tuple[str, ...]], present: set[tuple[str, tuple[str, ...]]]) -> bool:
    """Whether a rule of another kind asks the same of the column already."""
    kind, columns = name
    alike = {CheckKind.PHONE: CheckKind.PATTERN, CheckKind.PATTERN: CheckKind.PHONE}.get(CheckKind(kind))
    return alike is not None and (str(alike), columns) in {(str(kind), columns) for kind, columns in present}


def check_set(data: SetData, *, present: Mapping[str, str]) -> None:
    """A set with a name, rules of its table (`present`: {uid: kind}), a known verdict and a threshold.

    Rules of the table as a whole name no row, so a set that refuses rows has none. Raises FieldErrors.
    """
    faults: list[FieldError] = []
    if not data.name.strip() or len(data.name) > 100:
        faults.append(FieldError("name", N_("This must not be empty."), N_("Enter a name.")))
    if data.severity not in {value.value for value in Severity}:
        faults.append(FieldError("severity", N_("This severity is not known."), N_("Choose one.")))
    if data.verdict not in {value.value for value in Verdict}:
        faults.append(FieldError("verdict", N_("This verdict is not known."), N_("Choose warn, refuse or stop.")))
    if not 0 < data.threshold <= 1:
        faults.append(
            FieldError("threshold", N_("The threshold is a share above 0 and up to 1."), N_("Enter one, such as 0.95."))
        )
    if not data.rule_uids or any(uid not in present for uid in data.rule_uids):
        faults.append(FieldError("rules", N_("A set holds one or more rules of its table."), N_("Choose rules.")))
    elif data.verdict == Verdict.REFUSE and any(present[uid] in OF_TABLE for uid in data.rule_uids):
        faults.append(
            FieldError("rules", N_("A rule of the whole table names no row to refuse."), N_("Leave it out, or stop."))
        )
    if faults:
        raise FieldErrors(errors=tuple(faults))


def outcome_of(verdict: str, *, rows: int, passed: int, table_faults: int, threshold: float) -> Outcome:
    """What a check before landing comes to; nothing to check passes."""
    if passed == rows and not table_faults:
        return Outcome.PASSED
    if verdict == Verdict.REFUSE:
        return Outcome.REFUSED
    if verdict == Verdict.STOP and (table_faults or (rows and passed / rows < threshold)):
        return Outcome.STOPPED
    return Outcome.WARNED


def exported(*, entry_uid: str, entry_name: str, name: str, number: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """A set as a file that `quanshu check` runs off line."""
    return {
        "format": "quanshu-rule-set",
        "version": 1,
        "entry_uid": entry_uid,
        "entry_name": entry_name,
        "name": name,
        "number": number,
        **body,
    }


LONGEST = 2000


def check_report(
    data: ReportData, *, keys: Sequence[str], columns: Sequence[str], answered: Sequence[str] | None
) -> None:
    """A report names the row by its whole key, one field, and what is wrong with it.

    `answered` are the fields the call or service can have answered with; None where no call is named.
    Raises FieldErrors naming every field at fault.
    """
    faults: list[FieldError] = []
    empty = [name for name in keys if not str(data.key.get(name, "")).strip()]
    extra = [name for name in data.key if name not in keys]
    if not keys:
        faults.append(
            FieldError("key", N_("The table has no key, so no row of it can be named."), N_("Ask its unit directly."))
        )
    elif empty or extra:
        faults.append(
            FieldError(
                "key",
                N_("The key has the fields %(fields)s."),
                N_("Give a value for each of them, and no other."),
                {"fields": ", ".join(keys)},
            )
        )
    if data.column not in columns:
        faults.append(
            FieldError(
                "column", N_("The table has no column %(column)s."), N_("Choose a field."), {"column": data.column}
            )
        )
    elif answered is not None and data.column not in answered:
        faults.append(
            FieldError("column", N_("The call did not answer with this field."), N_("Choose a field it answered with."))
        )
    if not data.fault.strip() or len(data.fault) > LONGEST:
        faults.append(
            FieldError(
                "fault", N_("Between 1 and 2,000 characters are needed."), N_("Say what is wrong with the value.")
            )
        )
    if len(data.evidence) > LONGEST:
        faults.append(FieldError("evidence", N_("At most 2,000 characters are kept."), N_("Shorten it.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_reported(waiting: int) -> None:
    """Only what a consumer has reported is answered."""
    if not waiting:
        raise NotReported
