"""Names of people, drawn by the frequencies of surnames and the common given names."""

import csv
from collections import defaultdict
from importlib import resources
from itertools import accumulate
from random import Random


def _rows(file: str) -> list[dict[str, str]]:
    text = (resources.files("quanshu.demo.synth") / "data" / file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


class Names:
    """Draws surnames and given names."""

    # Two characters, each a common given name of the same sex, make most of today's given names.
    composed_share = 0.55

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        weights: dict[str, float] = defaultdict(float)
        for row in _rows("surnames.csv"):
            weights[row["surname"]] += float(row["weight"])
        self._surnames = list(weights)
        self._cumulative = list(accumulate(weights.values()))
        given = _rows("given-names.csv")
        self._given = {sex: [r["given_name"] for r in given if r["gender"] == sex] for sex in "MF"}
        self._single = {sex: [n for n in names if len(n) == 1] for sex, names in self._given.items()}

    def surname(self) -> str:
        """A surname by its frequency."""
        return self._rng.choices(self._surnames, cum_weights=self._cumulative)[0]

    def given(self, female: bool) -> str:
        """A given name for the sex."""
        sex = "F" if female else "M"
        if self._rng.random() < self.composed_share:
            singles = self._single[sex]
            return self._rng.choice(singles) + self._rng.choice(singles)
        return self._rng.choice(self._given[sex])

    def misspelt(self, name: str) -> str:
        """The name with its last character exchanged, as a clerk mishears it."""
        while True:
            other = self._rng.choice(self._single["M"])
            if other != name[-1]:
                return name[:-1] + other
