"""Data resources registered: certificates of earlier applications, one in publicity, one given back for a material."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.base import ContentFile

from quanshu.demo.play.papers import paper
from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.registration.api import (
    Application,
    ApplicationData,
    Certificate,
    Material,
    MaterialKind,
    MaterialWord,
    ObjectionData,
    Verdict,
    apply_first,
    attach_material,
    conclude_application,
    decide_objection,
    file_objection,
    judge_materials,
    pass_application,
    publish_application,
    return_application,
    submit_application,
)

# Long enough before today for every clock of a registration to have run out.
AGO = timedelta(days=30)
ISSUED = (("public_security", "resident"), ("civil_affairs", "marriage"), ("market_regulation", "enterprise"))
PUBLIC = ("water_company", "customer")
RETURNED = ("gas_company", "customer")
STATED = ApplicationData(
    source="在依法履行职责和提供公共服务过程中采集、产生",
    legality="依据部门权责清单和相关法律法规采集，未超出履职范围",
    rights=("hold", "process"),
    duties="按目录约定周期更新，落实分级保护要求，按供需对接要求共享",
)
PAPERS = {
    MaterialKind.SOURCE: (
        "数据来源证明",
        "数据由本单位在履行职责、提供服务的业务系统中产生，",
        "来源清楚，采集记录完整，可供查验。",
    ),
    MaterialKind.LEGALITY: ("合法性说明", "采集依据为部门权责清单及相关法律法规，", "未超出履职范围，已告知当事人。"),
    MaterialKind.SECURITY: (
        "安全评估报告",
        "已按数据分类分级标准逐项定级，",
        "访问控制、加密与审计措施符合相应级别要求。",
    ),
}


def play_registration(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """Three certificates, one application that is public with an objection rejected and one waiting, and one that was
    given back because a material is lacking."""
    if Application.objects.exists():
        return
    officer = cast.actors["bureau"]
    for key in (*ISSUED, PUBLIC):
        then = now() if key == PUBLIC else now() - AGO
        application = submitted(cast, key, entries[key], then)
        pass_application(actor=officer, now=then, application=application)
        application = publish_application(actor=officer, now=then, application=application)
        if key != PUBLIC:
            conclude_application(actor=officer, now=now(), application=application)
    answered = file_objection(
        now=now(),
        application=application,
        data=ObjectionData("泉城物业", "0531-80000001", "部分户号由我方代录"),
    )
    answer = "代录数据经供水公司核实并承担维护职责，异议不成立"
    decide_objection(actor=officer, now=now(), objection=answered, upheld=False, answer=answer)
    waiting = ObjectionData("某小区业主", "owner@example.org", "用水户信息涉及个人信息，请说明登记的权利范围")
    file_objection(now=now(), application=application, data=waiting)
    give_back(cast, submitted(cast, RETURNED, entries[RETURNED], now()))
    say(
        f"{Certificate.objects.count()} registration certificates resting on {Material.objects.count()} materials, one "
        "application public with an objection to decide, one given back for a material"
    )


def submitted(cast: Cast, key: tuple[str, str], entry: Entry, then: datetime) -> Application:
    """An application of a unit's steward with its papers, submitted."""
    steward, entry = cast.stewards[key[0]], Entry.objects.select_related("unit").get(pk=entry.pk)
    application = apply_first(actor=steward, now=then, entry=entry, data=STATED)
    for kind, (title, *lines) in PAPERS.items():
        words = [f"单位：{entry.unit.name}", f"数据资源：{entry.resource_name}", *lines]
        attach_material(
            actor=steward,
            now=then,
            application=application,
            kind=kind,
            name=f"{title}.pdf",
            stream=ContentFile(paper(title, words)),
        )
    return submit_application(actor=steward, now=then, application=application)


def give_back(cast: Cast, application: Application) -> None:
    """The officer finds one paper lacking, and says what."""
    officer = cast.actors["bureau"]
    words = [
        MaterialWord(row.uid, Verdict.LACKING, "未加盖单位公章，且未附采集流程说明")
        if row.kind == MaterialKind.SOURCE
        else MaterialWord(row.uid, Verdict.COMPLETE)
        for row in application.materials.all()
    ]
    judge_materials(actor=officer, now=now(), application=application, words=words)
    reason = "数据来源证明须加盖公章，请补正后重新提交"
    return_application(actor=officer, now=now(), application=application, reason=reason)
