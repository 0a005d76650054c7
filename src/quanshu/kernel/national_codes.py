"""What codes of national lists mean, in Chinese and English.

Sex by GB/T 2261.1, marital status by GB/T 2261.2, ethnic groups by GB/T 3304, relations to the head of a household by
GB/T 4761, education by GB/T 4658, industries by the sections of GB/T 4754-2017,
occupations by the major groups of GB/T 6565.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Meaning = tuple[str, str]


@dataclass(frozen=True, slots=True)
class NationalList:
    """A list: its standard, the words its items are called by, and {code: (Chinese, English)}."""

    standard: str
    words: tuple[str, ...]
    codes: Mapping[str, Meaning]


LISTS: tuple[NationalList, ...] = (
    NationalList(
        "GB/T 2261.1",
        ("sex", "gender", "性别"),
        {"0": ("未知", "unknown"), "1": ("男", "male"), "2": ("女", "female"), "9": ("未说明", "not stated")},
    ),
    NationalList(
        "GB/T 2261.2",
        ("marital", "婚姻状况"),
        {
            "10": ("未婚", "never married"),
            "20": ("已婚", "married"),
            "21": ("初婚", "first marriage"),
            "22": ("再婚", "remarried"),
            "23": ("复婚", "remarried to the same person"),
            "30": ("丧偶", "widowed"),
            "40": ("离婚", "divorced"),
            "90": ("未说明", "not stated"),
        },
    ),
    NationalList(
        "GB/T 3304",
        ("ethnic", "民族"),
        {
            "01": ("汉族", "Han"),
            "02": ("蒙古族", "Mongol"),
            "03": ("回族", "Hui"),
            "04": ("藏族", "Tibetan"),
            "05": ("维吾尔族", "Uygur"),
            "06": ("苗族", "Miao"),
            "07": ("彝族", "Yi"),
            "08": ("壮族", "Zhuang"),
            "09": ("布依族", "Bouyei"),
            "10": ("朝鲜族", "Korean"),
            "11": ("满族", "Manchu"),
            "12": ("侗族", "Dong"),
            "13": ("瑶族", "Yao"),
            "14": ("白族", "Bai"),
            "15": ("土家族", "Tujia"),
            "16": ("哈尼族", "Hani"),
            "17": ("哈萨克族", "Kazak"),
            "18": ("傣族", "Dai"),
            "19": ("黎族", "Li"),
            "20": ("傈僳族", "Lisu"),
            "21": ("佤族", "Va"),
            "22": ("畲族", "She"),
            "23": ("高山族", "Gaoshan"),
            "24": ("拉祜族", "Lahu"),
            "25": ("水族", "Sui"),
            "26": ("东乡族", "Dongxiang"),
            "27": ("纳西族", "Naxi"),
            "28": ("景颇族", "Jingpo"),
            "29": ("柯尔克孜族", "Kirgiz"),
            "30": ("土族", "Tu"),
            "31": ("达斡尔族", "Daur"),
            "32": ("仫佬族", "Mulao"),
            "33": ("羌族", "Qiang"),
            "34": ("布朗族", "Blang"),
            "35": ("撒拉族", "Salar"),
            "36": ("毛南族", "Maonan"),
            "37": ("仡佬族", "Gelao"),
            "38": ("锡伯族", "Xibe"),
            "39": ("阿昌族", "Achang"),
            "40": ("普米族", "Pumi"),
            "41": ("塔吉克族", "Tajik"),
            "42": ("怒族", "Nu"),
            "43": ("乌孜别克族", "Uzbek"),
            "44": ("俄罗斯族", "Russian"),
            "45": ("鄂温克族", "Ewenki"),
            "46": ("德昂族", "De'ang"),
            "47": ("保安族", "Bonan"),
            "48": ("裕固族", "Yugur"),
            "49": ("京族", "Gin"),
            "50": ("塔塔尔族", "Tatar"),
            "51": ("独龙族", "Derung"),
            "52": ("鄂伦春族", "Oroqen"),
            "53": ("赫哲族", "Hezhen"),
            "54": ("门巴族", "Monba"),
            "55": ("珞巴族", "Lhoba"),
            "56": ("基诺族", "Jino"),
        },
    ),
    NationalList(
        "GB/T 4761",
        ("relation", "与户主关系"),
        {
            "01": ("本人", "self"),
            "02": ("户主", "head of the household"),
            "10": ("配偶", "spouse"),
            "20": ("子", "son"),
            "30": ("女", "daughter"),
            "40": ("孙子、孙女或外孙子、外孙女", "grandchild"),
            "50": ("父母", "parent"),
            "60": ("祖父母或外祖父母", "grandparent"),
            "70": ("兄、弟、姐、妹", "brother or sister"),
            "80": ("其他", "other"),
            "90": ("非亲属", "not a relative"),
        },
    ),
    NationalList(
        "GB/T 4658",
        ("education", "学历", "文化程度"),
        {
            "10": ("研究生教育", "postgraduate"),
            "20": ("大学本科教育", "bachelor"),
            "30": ("大学专科教育", "college"),
            "40": ("中等职业教育", "vocational secondary"),
            "60": ("普通高级中学教育", "senior secondary"),
            "70": ("初级中学教育", "junior secondary"),
            "80": ("小学教育", "primary"),
            "90": ("其他", "other"),
        },
    ),
    NationalList(
        "GB/T 4754-2017",
        ("industry", "行业"),
        {
            "A": ("农、林、牧、渔业", "agriculture, forestry, animal husbandry and fishery"),
            "B": ("采矿业", "mining"),
            "C": ("制造业", "manufacturing"),
            "D": ("电力、热力、燃气及水生产和供应业", "electricity, heat, gas and water supply"),
            "E": ("建筑业", "construction"),
            "F": ("批发和零售业", "wholesale and retail trade"),
            "G": ("交通运输、仓储和邮政业", "transport, storage and post"),
            "H": ("住宿和餐饮业", "hotels and catering"),
            "I": ("信息传输、软件和信息技术服务业", "information transmission, software and IT services"),
            "J": ("金融业", "finance"),
            "K": ("房地产业", "real estate"),
            "L": ("租赁和商务服务业", "leasing and business services"),
            "M": ("科学研究和技术服务业", "scientific research and technical services"),
            "N": ("水利、环境和公共设施管理业", "water conservancy, environment and public facilities"),
            "O": ("居民服务、修理和其他服务业", "resident services, repair and other services"),
            "P": ("教育", "education"),
            "Q": ("卫生和社会工作", "health and social work"),
            "R": ("文化、体育和娱乐业", "culture, sports and entertainment"),
            "S": ("公共管理、社会保障和社会组织", "public management, social security and social organisations"),
            "T": ("国际组织", "international organisations"),
        },
    ),
    NationalList(
        "GB/T 6565",
        ("occupation", "职业"),
        {
            "1": ("党的机关、国家机关、群众团体和社会组织、企事业单位负责人", "managers"),
            "2": ("专业技术人员", "professionals"),
            "3": ("办事人员和有关人员", "clerks"),
            "4": ("社会生产服务和生活服务人员", "service workers"),
            "5": ("农、林、牧、渔业生产及辅助人员", "agricultural workers"),
            "6": ("生产制造及有关人员", "production workers"),
            "7": ("军人", "servicemen"),
            "8": ("不便分类的其他从业人员", "others"),
        },
    ),
)


def meanings(name: str, title: str, values: Sequence[str]) -> Mapping[str, Meaning]:
    """{code: (Chinese, English)} of an item by its name or Chinese title, when its list holds every value; else {}."""
    for found in LISTS:
        called = any(word in name.split("_") or word in title for word in found.words)
        if called and values and all(value in found.codes for value in values):
            return {value: found.codes[value] for value in values}
    return {}
