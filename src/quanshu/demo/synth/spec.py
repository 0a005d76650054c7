"""Short ways to describe columns and rules of the common sorts."""

from quanshu.demo.synth.codes import codes_of
from quanshu.demo.synth.numbers import organisation_code, uscc
from quanshu.demo.synth.types import Column, Rule

PHONE = r"^1[3-9]\d{9}$"
PHONE_OR_LANDLINE = r"^(1[3-9]\d{9}|0531-\d{8})$"
DIVISION = r"^3701\d{8}$"


def unit_code(serial: str) -> str:
    """A made-up but valid social credit code of a public body of the city, by an eight-digit serial."""
    return uscc("11370100" + organisation_code(serial))


# Columns


def key(name: str, title: str, title_en: str, length: int = 20) -> Column:
    """The key of a table; intake refuses a row without it."""
    return Column(name, title, title_en, required=True, max_length=length, grade="general-2")


def text(name: str, title: str, title_en: str, length: int = 100, grade: str = "general-2") -> Column:
    """Free text."""
    return Column(name, title, title_en, max_length=length, grade=grade)


def citizen(name: str = "citizen_id", title: str = "公民身份号码", title_en: str = "Citizen ID") -> Column:
    """A citizen ID (GB 11643)."""
    return Column(name, title, title_en, max_length=18, grade="general-4", personal=True, mask="citizen_id")


def person_name(name: str = "name", title: str = "姓名", title_en: str = "Name") -> Column:
    """The name of a natural person."""
    return Column(name, title, title_en, max_length=50, grade="general-3", personal=True, mask="name")


def phone(title: str = "联系电话", title_en: str = "Phone") -> Column:
    """A telephone number of a natural person."""
    return Column("phone", title, title_en, max_length=20, grade="general-3", personal=True, mask="phone")


def address(name: str = "address", title: str = "详细地址", title_en: str = "Address") -> Column:
    """Where a natural person lives."""
    return Column(name, title, title_en, max_length=200, grade="general-3", personal=True, mask="address")


def division(title: str = "区划代码", title_en: str = "Division code") -> Column:
    """The twelve-digit code of the community or village."""
    return Column("division_code", title, title_en, max_length=12, grade="general-2")


def code(
    name: str, title: str, title_en: str, code_list: str, grade: str = "general-2", personal: bool = False
) -> Column:
    """A code out of a list. The column is wider than its codes, so that a wrong one lands and is reported."""
    return Column(name, title, title_en, max_length=8, code_list=code_list, grade=grade, personal=personal, mask="none")


def day(name: str, title: str, title_en: str, grade: str = "general-2", personal: bool = False) -> Column:
    """A date."""
    return Column(name, title, title_en, type="date", grade=grade, personal=personal)


def birth_day() -> Column:
    """A date of birth."""
    return day("birth_date", "出生日期", "Date of birth", "general-3", personal=True)


def money(name: str, title: str, title_en: str, personal: bool = True, grade: str = "general-3") -> Column:
    """An amount with two decimal places."""
    return Column(
        name,
        title,
        title_en,
        type="decimal",
        precision=14,
        scale=2,
        grade=grade,
        personal=personal,
        mask="full" if personal else "none",
    )


def credit_code(name: str, title: str, title_en: str) -> Column:
    """A unified social credit code (GB 32100)."""
    return Column(name, title, title_en, max_length=18, grade="general-1")


# Rules


def filled(*columns: str) -> list[Rule]:
    """One `required` rule for each column."""
    return [Rule("required", (c,)) for c in columns]


def listed(*columns: Column) -> list[Rule]:
    """One `code_list` rule for each column that has a list."""
    return [
        Rule("code_list", (c.name,), {"code_list": c.code_list, "codes": codes_of(c.code_list)})
        for c in columns
        if c.code_list
    ]


def citizens(*columns: str) -> list[Rule]:
    """One `citizen_id` rule for each column."""
    return [Rule("citizen_id", (c,)) for c in columns]


def credit_codes(*columns: str) -> list[Rule]:
    """One `uscc` rule for each column."""
    return [Rule("uscc", (c,)) for c in columns]


def shaped(column: str, pattern: str) -> Rule:
    """A value must match the pattern as a whole."""
    return Rule("pattern", (column,), {"pattern": pattern})


def between(column: str, low: float, high: float) -> Rule:
    """A number must lie within the bounds, both included."""
    return Rule("range", (column,), {"min": low, "max": high})


def ordered(earlier: str, later: str) -> Rule:
    """The second date must not lie before the first."""
    return Rule("date_order", (earlier, later))


def distinct(*columns: str) -> Rule:
    """No two rows may share the values."""
    return Rule("unique", columns)


def refers(column: str, source: str, table: str, target: str) -> Rule:
    """The value must exist in another table."""
    return Rule("reference", (column,), {"source": source, "table": table, "column": target})
