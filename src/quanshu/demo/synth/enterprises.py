"""The enterprises of the city and who works in them."""

from itertools import accumulate
from random import Random

from quanshu.demo.synth.numbers import UsccMint
from quanshu.demo.synth.places import Door, Places
from quanshu.demo.synth.population import Person, Population

_KINDS = (("150", 58), ("170", 30), ("160", 6), ("110", 4), ("330", 2))
_INDUSTRIES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("F", 30, ("商贸", "贸易", "百货", "建材")),
    ("C", 15, ("机械制造", "食品", "电气", "包装")),
    ("L", 12, ("企业管理", "人力资源", "广告传媒")),
    ("I", 11, ("信息技术", "软件", "网络科技")),
    ("E", 9, ("建筑工程", "装饰工程", "园林工程")),
    ("M", 8, ("科技", "检测技术", "生物技术")),
    ("H", 6, ("餐饮管理", "酒店管理")),
    ("G", 5, ("物流", "运输")),
    ("O", 4, ("家政服务", "汽车维修")),
    ("K", 3, ("置业", "物业管理")),
    ("A", 3, ("农业发展", "种业")),
    ("P", 2, ("教育咨询",)),
    ("Q", 2, ("健康管理",)),
)
_BRANDS = "泉鲁华盛恒瑞德信诚达通源丰泰和兴隆祥安康嘉众博远鑫宏业联创智云舜趵岱齐"


class Enterprise:
    """A registered enterprise. Days are ordinals, 0 for never."""

    __slots__ = (
        *("capital", "cancelled", "door", "established", "industry", "kind", "name", "number", "phone"),
        *("representative", "status", "uscc"),
    )

    number: str
    uscc: str
    name: str
    kind: str
    industry: str
    capital: float
    established: int
    cancelled: int
    status: str
    door: Door
    representative: Person
    phone: str


def found_enterprises(rng: Random, people: Population, places: Places, mint: UsccMint) -> list[Enterprise]:
    """About seven enterprises for a hundred residents, each with a resident as its legal representative."""
    adults = [p for p in people.people if 24 <= p.age(people.today) <= 70 and not p.died]
    kinds = [kind for kind, _ in _KINDS]
    kind_cumulative = list(accumulate(weight for _, weight in _KINDS))
    industry_cumulative = list(accumulate(weight for _, weight, _ in _INDUSTRIES))
    firms: list[Enterprise] = []
    for serial in range(1, max(3, len(people.people) * 7 // 100) + 1):
        firm = Enterprise()
        firm.representative = rng.choice(adults)
        firm.door = places.door()
        firm.kind = rng.choices(kinds, cum_weights=kind_cumulative)[0]
        firm.industry, _, words = rng.choices(_INDUSTRIES, cum_weights=industry_cumulative)[0]
        brand = rng.choice(_BRANDS) + rng.choice(_BRANDS)
        suffix = "股份有限公司" if firm.kind == "160" else "有限公司"
        firm.name = f"济南{brand}{rng.choice(words)}{suffix}"
        firm.capital = float(rng.choice((10, 20, 50, 100, 100, 200, 300, 500, 500, 1000, 2000, 5000)))
        adult = firm.representative.born + 22 * 366
        firm.established = max(adult, people.today - 30 - int(rng.expovariate(1 / 2600.0)))
        firm.cancelled, firm.status = 0, "1"
        draw = rng.random()
        if draw < 0.09 and people.today - firm.established > 400:
            firm.status = "3" if draw < 0.07 else "2"
            firm.cancelled = rng.randint(firm.established + 200, people.today)
        district = firm.door.place.district
        area = "370100" if district == "370176" else district
        firm.uscc = mint.new("91", area)
        firm.number = f"370100{serial:09d}"
        firm.phone = f"0531-{rng.randrange(80_000_000, 90_000_000)}"
        if rng.random() < 0.5:
            firm.phone = firm.representative.phone
        firms.append(firm)
    return firms


def hire(rng: Random, firms: list[Enterprise]) -> Enterprise:
    """An employer: a few firms have most of the jobs."""
    return firms[int(len(firms) * rng.random() ** 2.2)]
