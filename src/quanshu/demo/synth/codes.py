"""Code lists that the departments use, national ones by their standard."""

from quanshu.demo.synth.types import Code


def _codes(*rows: tuple[str, str, str]) -> tuple[Code, ...]:
    return tuple(Code(*row) for row in rows)


CODE_LISTS: dict[str, tuple[Code, ...]] = {
    # GB/T 2261.1
    "sex": _codes(("1", "男", "male"), ("2", "女", "female")),
    # GB/T 3304, the groups met in the city
    "ethnic_group": _codes(
        ("01", "汉族", "Han"),
        ("02", "蒙古族", "Mongol"),
        ("03", "回族", "Hui"),
        ("06", "苗族", "Miao"),
        ("08", "壮族", "Zhuang"),
        ("10", "朝鲜族", "Korean"),
        ("11", "满族", "Manchu"),
        ("15", "土家族", "Tujia"),
    ),
    # GB/T 2261.2
    "marital_status": _codes(
        ("10", "未婚", "never married"),
        ("20", "已婚", "married"),
        ("30", "丧偶", "widowed"),
        ("40", "离婚", "divorced"),
    ),
    # GB/T 4658, first level
    "education": _codes(
        ("10", "研究生教育", "postgraduate"),
        ("20", "大学本科教育", "bachelor"),
        ("30", "大学专科教育", "college"),
        ("40", "中等职业教育", "vocational secondary"),
        ("60", "普通高级中学教育", "senior secondary"),
        ("70", "初级中学教育", "junior secondary"),
        ("80", "小学教育", "primary"),
        ("90", "其他", "other"),
    ),
    # GB/T 4761, the relations met in the register
    "relation_to_head": _codes(
        ("02", "户主", "head"),
        ("10", "配偶", "spouse"),
        ("20", "子", "son"),
        ("30", "女", "daughter"),
        ("50", "父母", "parent"),
    ),
    "household_type": _codes(("1", "家庭户", "family"), ("2", "集体户", "collective")),
    "register_status": _codes(("1", "正常", "normal"), ("2", "死亡注销", "cancelled on death")),
    "marriage_status": _codes(("1", "结婚", "married"), ("2", "离婚", "divorced")),
    "allowance_level": _codes(
        ("1", "80-89周岁", "aged 80 to 89"),
        ("2", "90-99周岁", "aged 90 to 99"),
        ("3", "100周岁及以上", "aged 100 and over"),
    ),
    "allowance_status": _codes(("1", "发放中", "paying"), ("2", "已停发", "stopped")),
    "organisation_kind": _codes(
        ("1", "社会团体", "association"),
        ("2", "民办非企业单位", "private non-enterprise unit"),
        ("3", "基金会", "foundation"),
    ),
    "organisation_status": _codes(("1", "正常", "active"), ("2", "注销", "dissolved")),
    "place_of_death": _codes(("1", "医疗机构", "hospital"), ("2", "家中", "home"), ("9", "其他", "other")),
    "insurance_kind": _codes(
        ("1", "企业职工基本养老保险", "employees' pension insurance"),
        ("2", "城乡居民基本养老保险", "residents' pension insurance"),
    ),
    "insurance_status": _codes(
        ("1", "正常参保", "contributing"),
        ("2", "暂停缴费", "suspended"),
        ("3", "待遇领取", "receiving pension"),
        ("4", "终止", "ended"),
    ),
    # GB/T 6565, first level
    "occupation": _codes(
        ("1", "党的机关、国家机关、群众团体和社会组织、企事业单位负责人", "managers"),
        ("2", "专业技术人员", "professionals"),
        ("3", "办事人员和有关人员", "clerks"),
        ("4", "社会生产服务和生活服务人员", "service workers"),
        ("5", "农、林、牧、渔业生产及辅助人员", "agricultural workers"),
        ("6", "生产制造及有关人员", "production workers"),
    ),
    # GB/T 12402, the kinds met among the city's enterprises
    "enterprise_kind": _codes(
        ("110", "国有企业", "state-owned"),
        ("150", "有限责任公司", "limited liability company"),
        ("160", "股份有限公司", "joint stock company"),
        ("170", "私营企业", "private enterprise"),
        ("330", "外资企业", "foreign-funded"),
    ),
    # GB/T 4754, sections
    "industry": _codes(
        ("A", "农、林、牧、渔业", "agriculture"),
        ("C", "制造业", "manufacturing"),
        ("E", "建筑业", "construction"),
        ("F", "批发和零售业", "wholesale and retail"),
        ("G", "交通运输、仓储和邮政业", "transport"),
        ("H", "住宿和餐饮业", "hotels and catering"),
        ("I", "信息传输、软件和信息技术服务业", "information technology"),
        ("K", "房地产业", "real estate"),
        ("L", "租赁和商务服务业", "business services"),
        ("M", "科学研究和技术服务业", "research and technical services"),
        ("O", "居民服务、修理和其他服务业", "resident services"),
        ("P", "教育", "education"),
        ("Q", "卫生和社会工作", "health and social work"),
    ),
    "enterprise_status": _codes(
        ("1", "存续", "in business"), ("2", "吊销", "licence revoked"), ("3", "注销", "dissolved")
    ),
    "property_use": _codes(("10", "住宅", "dwelling"), ("20", "商业服务", "commerce"), ("30", "车库", "parking space")),
    "fund_status": _codes(("1", "正常", "active"), ("2", "封存", "sealed"), ("3", "销户", "closed")),
    "customer_status": _codes(("1", "在用", "in use"), ("2", "停用", "suspended"), ("3", "销户", "closed")),
    "customer_kind": _codes(("1", "居民", "resident"), ("2", "非居民", "non-resident")),
}


def codes_of(name: str) -> list[str]:
    """The codes of a list, in its order."""
    return [c.code for c in CODE_LISTS[name]]
