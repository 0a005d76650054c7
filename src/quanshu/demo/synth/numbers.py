"""Check characters of the identifiers that the city hands out, computed fast for a million calls."""

from random import Random

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE = {c: i for i, c in enumerate(USCC_ALPHABET)}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

MOBILE_PREFIXES = (
    *(
        "130",
        "131",
        "132",
        "133",
        "134",
        "135",
        "136",
        "137",
        "138",
        "139",
        "150",
        "151",
        "152",
        "153",
        "155",
    ),
    *(
        "156",
        "157",
        "158",
        "159",
        "166",
        "176",
        "177",
        "178",
        "180",
        "181",
        "182",
        "183",
        "185",
        "186",
        "187",
    ),
    *("188", "189", "198", "199"),
)


def citizen_id(first17: str) -> str:
    """Complete a citizen ID with its check character (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(w * int(d) for w, d in zip(_ID_WEIGHTS, first17, strict=True))
    return first17 + _ID_CHECKS[total % 11]


def is_citizen_id(text: str) -> bool:
    """Whether the check character fits; the date of birth is the business of the full parser."""
    return len(text) == 18 and text[:17].isdigit() and citizen_id(text[:17]) == text


def organisation_code(first8: str) -> str:
    """Complete an organisation code with its check character (GB 11714)."""
    total = sum(w * _ORG_ALPHABET.index(c) for w, c in zip(_ORG_WEIGHTS, first8, strict=True))
    return first8 + "0123456789X"[(11 - total % 11) % 11]


def uscc(first17: str) -> str:
    """Complete a unified social credit code with its check character (GB 32100)."""
    total = sum(w * _USCC_VALUE[c] for w, c in zip(_USCC_WEIGHTS, first17, strict=True))
    return first17 + USCC_ALPHABET[(31 - total % 31) % 31]


def is_uscc(text: str) -> bool:
    """Whether the code is built of the allowed characters and its check character fits."""
    return len(text) == 18 and all(c in _USCC_VALUE for c in text) and uscc(text[:17]) == text


class UsccMint:
    """Hands out unified social credit codes, each once."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def new(self, prefix: str, area: str) -> str:
        """A fresh code: `prefix` is authority and kind (two characters), `area` has six digits."""
        while True:
            body = "MA" + "".join(self._rng.choices(USCC_ALPHABET, k=6))
            code = uscc(prefix + area + organisation_code(body))
            if code not in self._used:
                self._used.add(code)
                return code


def mobile(rng: Random) -> str:
    """A mobile number of eleven digits."""
    return f"{rng.choice(MOBILE_PREFIXES)}{rng.randrange(100_000_000):08d}"
