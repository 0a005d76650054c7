"""Where people live: the real divisions of Jinan down to the community, and made-up doors in them."""

import csv
import re
from dataclasses import dataclass
from importlib import resources
from itertools import accumulate
from random import Random

# Thousands of residents, rounded: enough to spread people plausibly, not a statistic.
DISTRICT_WEIGHTS = {
    "370102": 820,
    "370103": 900,
    "370104": 650,
    "370105": 710,
    "370112": 1110,
    "370113": 590,
    "370114": 1060,
    "370115": 470,
    "370116": 800,
    "370117": 280,
    "370124": 330,
    "370126": 500,
    "370176": 480,
}
URBAN = frozenset({"370102", "370103", "370104", "370105", "370112", "370176"})

# Codes under which citizen IDs were issued, newest first, with the year from which each was in use: an ID
# keeps the code of its year. The high-tech zone (370176) issues none of its own.
_ID_AREAS = {
    "370113": (("370113", 2002), ("370123", 0)),
    "370114": (("370114", 2017), ("370181", 1993), ("370122", 0)),
    "370115": (("370115", 2019), ("370125", 0)),
    "370116": (("370116", 2019), ("371202", 0)),
    "370117": (("370117", 2019), ("371203", 0)),
    "370176": (("370112", 0),),
}
# Where people who moved to the city were first registered.
_ELSEWHERE = (
    *("370302", "370502", "370602", "370702", "370811", "370902", "370911", "370921", "370982", "370983"),
    *("371302", "371402", "371502", "371602", "371702", "130102", "320102", "410102", "230103"),
)
_SUFFIX = re.compile(r"(社区)?(居民委员会|村民委员会|居委会|村委会|村民委会|社区)$")


@dataclass(frozen=True, slots=True)
class Place:
    """A community or village."""

    code: str
    name: str
    district: str
    district_name: str
    street_name: str
    village: bool

    @property
    def full(self) -> str:
        """The address down to the community, as the police write it."""
        return f"山东省济南市{self.district_name}{self.street_name}{self.name}"

    @property
    def short(self) -> str:
        """The address down to the community, as utilities write it."""
        return f"{self.district_name}{self.street_name}{self.name}"


@dataclass(frozen=True, slots=True)
class Door:
    """One dwelling."""

    place: Place
    full: str
    short: str


class Places:
    """The communities of the city and new doors in them."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        data = resources.files("quanshu.organisation") / "data" / "jinan-divisions.csv"
        rows = list(csv.DictReader(data.read_text(encoding="utf-8").splitlines()))
        names = {r["code"]: r["name"] for r in rows}
        self._districts = list(DISTRICT_WEIGHTS)
        self._cumulative = list(accumulate(DISTRICT_WEIGHTS.values()))
        streets: dict[str, dict[str, list[Place]]] = {d: {} for d in self._districts}
        for row in rows:
            code, name = row["code"], row["name"]
            if row["level"] != "community" or "类似" in name or "虚拟" in name:
                continue
            district = code[:6]
            place = Place(
                code=code,
                name=_SUFFIX.sub("", name) or name,
                district=district,
                district_name=names[district + "000000"].replace("济南高新技术产业开发区", "高新区"),
                street_name=names[row["parent"]],
                village="村民" in name or "村委会" in name or "村民委会" in name,
            )
            streets[district].setdefault(row["parent"], []).append(place)
        self._streets = {d: list(by_street.values()) for d, by_street in streets.items()}
        # A street's share grows slower than its number of communities: rural towns have many small villages.
        self._street_cumulative = {
            d: list(accumulate(len(s) ** 0.5 for s in lists)) for d, lists in self._streets.items()
        }

    def place(self) -> Place:
        """A community, districts by their population."""
        district = self._rng.choices(self._districts, cum_weights=self._cumulative)[0]
        weights = self._street_cumulative[district]
        return self._rng.choice(self._rng.choices(self._streets[district], cum_weights=weights)[0])

    def door(self) -> Door:
        """A dwelling somewhere in the city."""
        place = self.place()
        pick = self._rng.randrange
        if place.village:
            number = f"{1 + pick(320)}号"
            return Door(place, place.full + number, place.short + number)
        building, unit, room = 1 + pick(40), 1 + pick(4), (1 + pick(18)) * 100 + 1 + pick(4)
        return Door(
            place,
            f"{place.full}{building}号楼{unit}单元{room}室",
            f"{place.short}{building}-{unit}-{room}",
        )

    def id_area(self, district: str, year: int) -> str:
        """The six digits under which someone of that district got an ID in the year of birth."""
        if self._rng.random() < 0.14:
            return self._rng.choice(_ELSEWHERE)
        for code, since in _ID_AREAS.get(district, ((district, 0),)):
            if year >= since:
                return code
        return district
