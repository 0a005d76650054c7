"""How a value goes wrong: each takes a good value and gives one that the rule must refuse."""

from datetime import date, timedelta
from random import Random
from typing import Any

from quanshu.demo.synth.numbers import USCC_ALPHABET, is_citizen_id, is_uscc
from quanshu.demo.synth.types import Rule


def mistype_id(rng: Random, value: str) -> str:
    """One digit of a citizen ID typed wrong."""
    while True:
        at = rng.randrange(6, 17)
        wrong = value[:at] + str(rng.randrange(10)) + value[at + 1 :]
        if wrong != value and not is_citizen_id(wrong):
            return wrong


def swap_id(rng: Random, value: str) -> str:
    """Two neighbouring digits of a citizen ID swapped."""
    places = [i for i in range(17) if value[i] != value[i + 1] and value[i + 1] != "X"]
    while places:
        at = places.pop(rng.randrange(len(places)))
        wrong = value[:at] + value[at + 1] + value[at] + value[at + 2 :]
        if not is_citizen_id(wrong):
            return wrong
    return mistype_id(rng, value)


def break_uscc(rng: Random, value: str) -> str:
    """One character of a credit code typed wrong, or the letter O for a nought."""
    if "0" in value[8:17] and rng.random() < 0.3:
        at = value.index("0", 8)
        return value[:at] + "O" + value[at + 1 :]
    while True:
        at = rng.randrange(8, 17)
        wrong = value[:at] + rng.choice(USCC_ALPHABET) + value[at + 1 :]
        if wrong != value and not is_uscc(wrong):
            return wrong


def outside(rng: Random, codes: list[str]) -> str:
    """A code that looks like those of the list but is not one of them."""
    width = len(codes[0])
    while True:
        wrong = rng.choice("ZXY") if codes[0].isalpha() else f"{rng.randrange(10**width):0{width}d}"
        if wrong not in codes:
            return wrong


def malform_phone(rng: Random, value: str) -> str:
    """A telephone number with a digit too few, too many, or a wrong beginning."""
    match rng.randrange(3):
        case 0:
            return value[:-1]
        case 1:
            return value + str(rng.randrange(10))
        case _:
            return "2" + value[1:]


def malform_code(rng: Random, value: str) -> str:
    """A code with its last two characters lost, or a letter where a digit belongs."""
    if len(value) == 12 and rng.random() < 0.5:
        return value[:10]
    return value[:1] + "O" + value[2:]


def exceed(rng: Random, value: float, rule: Rule) -> float:
    """A number beyond the bounds: a slipped decimal point, or a sign."""
    low, high = rule.params["min"], rule.params["max"]
    wrong = -(abs(value) + 1) if rng.random() < 0.3 else high * rng.choice((10, 100)) + abs(value)
    if low <= wrong <= high:
        wrong = high * 10 + 1
    return int(wrong) if isinstance(value, int) else round(float(wrong), 1)


def before(rng: Random, value: str) -> str:
    """A date up to four years before the given one."""
    return (date.fromisoformat(value) - timedelta(days=rng.randrange(1, 1400))).isoformat()


def dangle(rng: Random, value: str) -> str:
    """A reference of the same shape to nothing: the city's own numbers have no 9 after the letters."""
    letters = len(value) - len(value.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    width = len(value) - letters
    return f"{value[:letters]}9{rng.randrange(10 ** (width - 1)):0{width - 1}d}"


def unreadable(rng: Random, kind: str) -> str:
    """Text where a date or a number belongs."""
    if kind == "date":
        return rng.choice(("不详", "2024-02-30", "2023-13-01", "去年"))
    return rng.choice(("不详", "一百", "12..5", "约30"))


def text(value: Any) -> str:
    """A value as the truth file writes it; nothing for an empty one."""
    return "" if value is None else str(value)
