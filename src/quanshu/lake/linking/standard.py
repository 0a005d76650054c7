"""Attributes in one form, as SQL expressions: what differs only in writing becomes equal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import pyarrow as pa
from pypinyin import Style, pinyin

from quanshu.lake.checks.sql import citizen_check, citizen_id, uscc, written_out
from quanshu.lake.linking.types import Attribute, PartyKind
from quanshu.lake.schema import literal, quote

WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\u00a0"
NARROW = "".join(chr(code) for code in range(0x21, 0x7F)) + "  "
DOTS = "•‧∙●・．･‐"
# Characters of surnames and given names in their traditional form, each above its simplified one.
TRADITIONAL = (
    "張陳劉楊黃趙吳孫馬羅鄭謝許鄧馮蔣葉蘇呂盧鍾鐘譚陸賈韋鄒閻龍萬錢湯嚴賴龔顧蕭藍莊關歐喬齊寧應單終衛溫聶連國華偉強軍"
    "濤輝東蘭鳳麗紅艷艶榮貴慶勝憲傑賢義禮誠實愛雲飛鵬風陽書畫詩詞學問達遠進運時則維紹緒經綱純綺緯絢縉續繼繪總縱織綠級"
    "紀約紋納紗組結給統絲編緣緹練瑩環瑋璽瓊瑤鎮鋒銘鋼銳錦鏡鈞鈺鈴銀鎖鑒鑑錫鐵錄鍵優倫儀億價儉傳僑備儲兒黨內兩冊寫農凱"
    "劍劃剛創劇動務勞勳勵勢區醫協賣卻歷厲發變號啟員嗎喚嚮園圍圓圖團場堅報塵壯聲壽夢夾奮奧婦媽嫻嬌寶審寬將專尋導爾塊屬"
    "島峯嶽嶺崗歲崙帥師帶幣幫廣庫廟廳開異彌彎彥徑從復憶懷態慮憐憑戀戲戰戶拋擇擔擁據擬揚換損撫攝敵數齋斷晉晝曄曉暉暢曆"
    "曠會條極構樂樓標樞樣橋機樹橫檢權歡殘殺氣漢溝滅滿漁潔澤濱瀾灣灑為烏無煙煥煒燈燁營燦爍爭爺牽狀獨獻瑪現琺產畝當疊療"
)
SIMPLIFIED = (
    "张陈刘杨黄赵吴孙马罗郑谢许邓冯蒋叶苏吕卢钟钟谭陆贾韦邹阎龙万钱汤严赖龚顾萧蓝庄关欧乔齐宁应单终卫温聂连国华伟强军"
    "涛辉东兰凤丽红艳艳荣贵庆胜宪杰贤义礼诚实爱云飞鹏风阳书画诗词学问达远进运时则维绍绪经纲纯绮纬绚缙续继绘总纵织绿级"
    "纪约纹纳纱组结给统丝编缘缇练莹环玮玺琼瑶镇锋铭钢锐锦镜钧钰铃银锁鉴鉴锡铁录键优伦仪亿价俭传侨备储儿党内两册写农凯"
    "剑划刚创剧动务劳勋励势区医协卖却历厉发变号启员吗唤向园围圆图团场坚报尘壮声寿梦夹奋奥妇妈娴娇宝审宽将专寻导尔块属"
    "岛峰岳岭岗岁仑帅师带币帮广库庙厅开异弥弯彦径从复忆怀态虑怜凭恋戏战户抛择担拥据拟扬换损抚摄敌数斋断晋昼晔晓晖畅历"
    "旷会条极构乐楼标枢样桥机树横检权欢残杀气汉沟灭满渔洁泽滨澜湾洒为乌无烟焕炜灯烨营灿烁争爷牵状独献玛现珐产亩当叠疗"
)
COMPOUND_SURNAMES = (
    "欧阳|司马|上官|诸葛|夏侯|东方|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|司徒|司空|端木|独孤|南宫|申屠|轩辕|呼延|闻人|"
    "澹台|濮阳|淳于|单于|太叔|公冶|宗政|钟离|鲜于|闾丘|赫连|拓跋|完颜|耶律|百里|东郭|南门|西门|第五|纳兰|达奚"
)
PLACES = (
    "北京|天津|上海|重庆|河北|山西|内蒙古|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|四川|"
    "贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|济南|青岛|淄博|枣庄|东营|烟台|潍坊|济宁|泰安|威海|日照|临沂|德州|聊城|滨州|菏泽|"
    "石家庄|太原|沈阳|长春|哈尔滨|南京|杭州|合肥|福州|南昌|郑州|武汉|长沙|广州|南宁|海口|成都|贵阳|昆明|拉萨|西安|兰州|西宁|"
    "银川|乌鲁木齐|呼和浩特|深圳|苏州|大连|宁波|厦门"
)
LEGAL_FORMS = (
    "股份有限公司|有限责任公司|集团有限公司|有限公司|股份公司|总公司|分公司|公司|集团|有限合伙|普通合伙|合伙企业|"
    "个人独资企业|个体工商户|企业|普通|特殊"
)
# Readings of characters that sound otherwise as surnames.
SURNAME_SOUNDS = {
    **{"单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "曾": "zeng", "区": "ou", "任": "ren", "盖": "ge"},
    **{"朴": "piao", "翟": "zhai", "华": "hua", "尉": "wei", "万": "wan", "乐": "yue", "缪": "miao", "宓": "fu"},
    **{"覃": "qin", "种": "chong", "折": "she", "繁": "po", "黑": "he", "员": "yun", "洗": "xian", "燕": "yan"},
}
NEVER = date.max


def plain(column: str) -> str:
    """Half-width, upper case, no blanks; NULL when nothing is left."""
    narrow = f"translate(CAST({quote(column)} AS VARCHAR), {literal(WIDE)}, {literal(NARROW)})"
    return f"nullif(upper(regexp_replace({narrow}, '\\s+', '', 'g')), '')"


def identifier(column: str) -> str:
    """Only what an identifier may hold: letters and digits."""
    return f"nullif(regexp_replace({plain(column)}, '[^0-9A-Z]', '', 'g'), '')"


def valid_identifier(column: str, kind: PartyKind) -> str:
    """The identifier in 18 characters when it is valid (GB 11643, GB 32100), else NULL; of a standardised column."""
    texts = pa.schema([(column, pa.string())])
    wrong = written_out(citizen_id(column, texts, NEVER) if kind is PartyKind.PERSON else uscc(column, texts))
    value = quote(column)
    if kind is PartyKind.PERSON:
        first = f"(substr({value}, 1, 6) || '19' || substr({value}, 7))"
        longer = f"{first} || {citizen_check(f'TRY_CAST({first} AS BIGINT)')}"
        value = f"CASE length({value}) WHEN 15 THEN {longer} ELSE {value} END"
    return f"CASE WHEN NOT coalesce({wrong}, true) THEN {value} END"


def person_name(column: str) -> str:
    """Simplified characters, one kind of middle dot, no other signs."""
    dotted = f"translate({plain(column)}, {literal(DOTS)}, {literal('·' * len(DOTS))})"
    simple = f"translate({dotted}, {literal(TRADITIONAL)}, {literal(SIMPLIFIED)})"
    return f"nullif(regexp_replace({simple}, '[^\\p{{L}}·]', '', 'g'), '')"


def surname(name: str) -> str:
    """The surname of a standardised name: two characters for the compound ones, the first word of a foreign name."""
    compound = f"regexp_extract({name}, '^(?:{COMPOUND_SURNAMES})')"
    word = f"regexp_extract({name}, '^[A-Z]+')"
    return f"coalesce(nullif({compound}, ''), nullif({word}, ''), left({name}, 1))"


def company_name(column: str) -> str:
    """A company's name without place and legal form: what is left tells it from others of its trade."""
    bare = f"translate({full_name(column)}, '()[]【】·', '')"
    place = f"^(?:中国)?(?:(?:{PLACES})(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区)?)*"
    cut = f"regexp_replace(regexp_replace({bare}, '{place}', ''), '(?:{LEGAL_FORMS})+$', '')"
    return f"coalesce(nullif({cut}, ''), nullif({bare}, ''))"


def full_name(column: str) -> str:
    """A company's whole name in simplified characters."""
    return f"translate({plain(column)}, {literal(TRADITIONAL)}, {literal(SIMPLIFIED)})"


def day(column: str) -> str:
    """A day as ISO text, from the forms that clerks write."""
    value = plain(column)
    # A time of day may follow without the blank that was taken out.
    iso = f"TRY_CAST(left({value}, 10) AS DATE)"
    other = f"CAST(try_strptime({value}, ['%Y%m%d', '%Y/%m/%d', '%Y.%m.%d', '%Y年%m月%d日']) AS DATE)"
    return f"strftime(coalesce({iso}, {other}), '%Y-%m-%d')"


def sex(column: str) -> str:
    """The code of GB/T 2261.1: 1 male, 2 female; anything else is not known."""
    value = plain(column)
    return (
        f"CASE WHEN {value} IN ('1', '男', '男性', 'M', 'MALE') THEN '1'"
        f" WHEN {value} IN ('2', '女', '女性', 'F', 'FEMALE') THEN '2' END"
    )


def phone(column: str) -> str:
    """The last eleven digits; fewer than seven are no number."""
    digits = f"regexp_replace({plain(column)}, '[^0-9]', '', 'g')"
    return f"CASE WHEN length({digits}) >= 7 THEN right({digits}, 11) END"


def division(column: str) -> str:
    """Twelve digits; codes of six or nine are filled with zeros."""
    digits = f"regexp_replace({plain(column)}, '[^0-9]', '', 'g')"
    return f"CASE WHEN length({digits}) IN (6, 9, 12) THEN rpad({digits}, 12, '0') END"


def address(column: str) -> str:
    """Without province and city, with hyphens for building, unit and room, cut after the last number."""
    value = plain(column)
    area = "[^省区县市旗街路镇乡村0-9]{2,8}"
    local = f"regexp_replace({value}, '^(?:{area}(?:省|自治区))?(?:{area}(?:市|地区|自治州|盟))?', '')"
    hyphens = f"regexp_replace({local}, '(号楼|号院|楼|栋|幢|座|单元|门|弄|#|-|—|–|_)+', '-', 'g')"
    cut = f"regexp_replace({hyphens}, '([0-9])[^0-9]*$', '\\1')"
    return f"nullif({cut}, '')"


def expressions(columns: Mapping[Attribute, str], kind: PartyKind) -> dict[str, str]:
    """Expressions over the source's columns, by the standardised column; those it does not tell of are NULL."""
    person = kind is PartyKind.PERSON
    forms = {
        "identity": (Attribute.IDENTIFIER, identifier),
        "name": (Attribute.NAME, person_name if person else company_name),
        "full_name": (Attribute.NAME, person_name if person else full_name),
        "born": (Attribute.BIRTH_DATE, day),
        "sex_told": (Attribute.SEX, sex),
        "phone": (Attribute.PHONE, phone),
        "division": (Attribute.DIVISION, division),
        "address": (Attribute.ADDRESS, address),
        "representative": (Attribute.REPRESENTATIVE, person_name),
    }
    return {
        name: form(columns[attribute]) if attribute in columns else "CAST(NULL AS VARCHAR)"
        for name, (attribute, form) in forms.items()
    }


@lru_cache(maxsize=65_536)
def _sound(character: str) -> str:
    return str(pinyin(character, style=Style.NORMAL, errors="default")[0][0])


def name_sound(name: str) -> str:
    """The pinyin of a standardised name without tones, one syllable a character, joined by blanks."""
    first = SURNAME_SOUNDS.get(name[:1]) or _sound(name[:1])
    return " ".join([first, *(_sound(character) for character in name[1:])])
