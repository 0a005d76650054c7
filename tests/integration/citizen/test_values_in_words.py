"""A resident reads what a code means, not the code; officers read of residents by kind, never by name."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from quanshu.city.citizen.queries.wording import choices_of, in_words
from quanshu.organisation.api import Region
from quanshu.shared.web.api import who
from quanshu.supply.catalogue.api import ItemData

SEX = ItemData("sex_code", "性别代码", data_type="string", code_list=("1", "2"))
OPEN_LIST = ItemData("ethnic_code", "民族代码", data_type="string")
PLACE = ItemData("division_code", "区划代码", data_type="string")
FLAG = ItemData("insured", "是否参保", data_type="boolean")
STATUS = ItemData("status_code", "户籍状态代码", data_type="string", code_list=("1", "2"))


@pytest.mark.parametrize(
    ("item", "value", "chinese", "english"),
    [
        (SEX, "2", "女", "female"),
        (OPEN_LIST, "03", "回族", "Hui"),
        (FLAG, "true", "是", "Yes"),
        (FLAG, "false", "否", "No"),
        (STATUS, "1", "1", "1"),
        (ItemData("by_kind", "依据类型"), "pension_drawn", "领取养老金", "Pension drawn"),
        (SEX, "7", "7", "7"),
        (SEX, None, "", ""),
    ],
)
def test_a_value_is_told_in_words(db: None, item: ItemData, value: str | None, chinese: str, english: str) -> None:
    with override("zh-hans"):
        assert in_words(item, value) == chinese
    with override("en"):
        assert in_words(item, value) == english


def test_a_region_is_told_from_its_district_down(db: None) -> None:
    city = Region.objects.update_or_create(code="370100000000", defaults={"name": "济南市", "level": 2})[0]
    district = Region.objects.update_or_create(
        code="370102000000", defaults={"name": "历下区", "level": 3, "parent": city}
    )[0]
    Region.objects.update_or_create(
        code="370102001000", defaults={"name": "解放路街道", "level": 4, "parent": district}
    )
    assert in_words(PLACE, "370102001000") == "历下区 解放路街道"
    assert in_words(PLACE, "370102") == "历下区"
    assert in_words(PLACE, "999999") == "999999"


def test_a_code_whose_meaning_is_known_is_chosen_and_not_typed(db: None) -> None:
    with override("en"):
        assert choices_of(SEX) == [("1", "male"), ("2", "female")]
        assert choices_of(FLAG) == [("true", "Yes"), ("false", "No")]
        assert choices_of(STATUS) == []
        assert choices_of(PLACE) == []


def test_the_trail_tells_of_residents_by_kind() -> None:
    with override("zh-hans"):
        assert who("person 109d002f") == "居民 109d002f"
        assert who("enterprise 109d002f") == "企业 109d002f"
        assert who("王思远") == "王思远"
        assert who(7) == 7
