"""Data resources registered: certificates for earlier years' applications, one in publicity with an objection."""

from __future__ import annotations

from datetime import timedelta

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import now
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.registration.api import (
    Application,
    ApplicationData,
    Certificate,
    ObjectionData,
    apply_first,
    conclude_application,
    decide_objection,
    file_objection,
    pass_application,
    publish_application,
    submit_application,
)

# Long enough before today for every clock of a registration to have run out.
AGO = timedelta(days=30)
ISSUED = (("public_security", "resident"), ("civil_affairs", "marriage"), ("market_regulation", "enterprise"))
PUBLIC = ("water_company", "customer")
STATED = ApplicationData(
    source="在依法履行职责和提供公共服务过程中采集、产生",
    legality="依据部门权责清单和相关法律法规采集，未超出履职范围",
    rights=("hold", "process"),
    duties="按目录约定周期更新，落实分级保护要求，按供需对接要求共享",
)


def play_registration(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """Three certificates, and one application that is public with an objection rejected and one waiting."""
    if Application.objects.exists():
        return
    officer = cast.actors["bureau"]
    for key in (*ISSUED, PUBLIC):
        entry = Entry.objects.get(pk=entries[key].pk)
        then = now() if key == PUBLIC else now() - AGO
        application = apply_first(actor=cast.stewards[key[0]], now=then, entry=entry, data=STATED)
        submit_application(actor=cast.stewards[key[0]], now=then, application=application)
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
    say(f"{Certificate.objects.count()} registration certificates, one application public with an objection to decide")
