"""What names a person, or opens a door, blotted out of a text.

A net for texts nobody meant to carry values: log lines, faults of libraries kept in a row. It knows forms, not
meaning: numbers of persons, cards and telephones, addresses of mail, and secrets by the word before them. A name in
plain words has no form; such texts must not be written in the first place.
"""

from __future__ import annotations

import re

BLOT = "***"
# 18 digits are found even beside letters; shorter numbers only by themselves, or digests would be torn.
CITIZEN_18 = r"(?<!\d)\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx](?!\d)"
CITIZEN_15 = r"(?<![0-9A-Za-z])\d{15}(?![0-9A-Za-z])"
CREDIT_CODE = r"(?<![0-9A-Za-z])9[0-9A-Za-z]{17}(?![0-9A-Za-z])"
PHONE = r"(?<![0-9A-Za-z])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![0-9A-Za-z])"
MAIL = r"[0-9A-Za-z._%+-]+@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+"
PERSONAL = re.compile("|".join((CITIZEN_18, CITIZEN_15, CREDIT_CODE, PHONE, MAIL)))
CARD = re.compile(r"(?<![0-9A-Za-z])(?:\d{15,19}|(\d{4}([ -])\d{4}\2\d{4}\2\d{4})(\2\d{1,3})?)(?![0-9A-Za-z])")
CARD_STARTS = ("3", "4", "5", "6", "8", "9")

PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL)
JOSE = re.compile(r"eyJ[\w-]{5,}(?:\.[\w-]*){1,4}(?:~[\w-]*)*")
OWN_TOKEN = re.compile(r"\bqst?_[\w-]{16,}")
BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
LOGIN = re.compile(r"(?<=://)[^\s/@]+@")
WORDS = (
    r"pass(?:word|wd|phrase)?|pwd|secret|client_secret|token|access_token|refresh_token|api[_-]?key|authorization|"
    r"(?:gjzwfwpt_)?sign(?:ature)?|cookie|session(?:_?id)?|csrf(?:middleware)?token|private[_-]?key|salt|otp|credential"
)
NAMED = re.compile(rf"(?i)\b((?:\w{{1,40}}[_-])?(?:{WORDS})s?)([\"']?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&}})\]]+)")


def _sum_fits(digits: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1), which every bank card passes and one in ten other numbers does."""
    total = 0
    for place, digit in enumerate(reversed([int(char) for char in digits])):
        value = digit * 2 if place % 2 else digit
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return digits.startswith(CARD_STARTS) and _sum_fits(digits)


def _card(found: re.Match[str]) -> str:
    if _is_card(found.group()):
        return BLOT
    # Four groups and a number that only follows them.
    four, rest = found.group(1), found.group(3)
    return BLOT + rest if four and rest and _is_card(four) else found.group()


def redact(text: str) -> str:
    """The text without numbers of persons, cards and telephones, mail addresses, tokens and named secrets."""
    text = PEM.sub(BLOT, text)
    text = JOSE.sub(BLOT, OWN_TOKEN.sub(BLOT, text))
    text = BEARER.sub(rf"\1 {BLOT}", LOGIN.sub(f"{BLOT}@", text))
    text = NAMED.sub(rf"\1\2{BLOT}", text)
    return CARD.sub(_card, PERSONAL.sub(BLOT, text))
