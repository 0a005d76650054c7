"""The web plumbing through HTTP: lists, exports, forms, buttons, and one face for every refusal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django import forms
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Context, Template
from django.test import Client
from django.urls import path
from django.utils.translation import override
from python_calamine import load_workbook

from quanshu.kernel.clock import freeze
from quanshu.kernel.errors import Conflict, FieldError, FieldErrors, NotFound
from quanshu.organisation.api import create_first_administrator
from quanshu.shared.access.api import SYSTEM, Scope
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.models import Notice
from quanshu.shared.web import exports
from quanshu.shared.web.api import (
    PUBLIC,
    Action,
    ActionPage,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    Page,
    page_of,
    reason_against,
)
from quanshu.shared.workflow.api import start_clock

NOW = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
NAMES = ["历下区", "市中区", "槐荫区", "=1+1", "370102199003071234"]


class Gone(NotFound):
    code = "test.gone"
    message = "There is no notice “%(notice)s”."
    remedy = "Choose one from the list."


class Taken(Conflict):
    code = "test.taken"
    message = "The name %(name)s is taken."
    remedy = "Choose another."


def parity(rows: Any, text: str) -> Any:
    return rows.filter(read_at__isnull=text == "unread")


class Notices(ListPage):
    permission = "jobs.job.view"
    title = "Notices"
    columns = [
        Column("subject", "Subject", sort="subject", link=lambda row: f"/t/notices/{row.uid}/"),
        Column("made", "Made", value="created_at", sort="created_at", kind="datetime"),
        Column("size", "Size", value=lambda row: len(row.body), kind="number", phone=False),
        Column("state", "State", value=lambda row: "read" if row.read_at else "new", kind="badge"),
    ]
    filters = [
        Filter("who", "Who", choices=[("u1", "One"), ("u2", "Two")], field="recipient_uid"),
        Filter("state", "State", choices=[("unread", "Unread"), ("read", "Read")], apply=parity),
        Filter("day", "From", field="created_at__date__gte", kind="date"),
    ]
    search = ("subject", "body")
    order = "-made"
    empty_title = "No notices yet"
    export_name = "notices"

    def queryset(self) -> Any:
        return Notice.objects.exclude(recipient_uid="hidden")


class OneNotice(DetailPage):
    audit_kind = "test.notice"

    def get_object(self, **kwargs: Any) -> Notice:
        found = Notice.objects.filter(uid=kwargs["uid"]).first()
        if found is None:
            raise Gone(notice=kwargs["uid"])
        return found

    def state(self, obj: Notice) -> tuple[str, str]:
        return "new", "green"

    def facts(self, obj: Notice) -> list[tuple[str, Any]]:
        return [("Recipient", obj.recipient_uid), ("Nothing", None)]

    def actions(self, obj: Notice) -> list[Action]:
        reason = reason_against(refuse, "x")
        return [Action("Withdraw", "/t/withdraw/", reason=reason), Action("Read", "/t/press/ok/")]


def refuse(name: str) -> None:
    raise Taken(name=name)


class NameForm(Form):
    name = forms.CharField(max_length=20)
    count = forms.IntegerField(required=False)


class NewNotice(FormPage):
    title = "New"
    form_class = NameForm

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        name = form.cleaned_data["name"]
        if name == "taken":
            refuse(name)
        if name == "many":
            faults = (
                FieldError("name", "%(value)s is no name.", "Enter one.", {"value": name}),
                FieldError("elsewhere", "Wrong too."),
            )
            raise FieldErrors(errors=faults)
        Notice.objects.create(recipient_uid="u1", subject=name, created_at=NOW)
        return "/t/notices/"


class Press(ActionPage):
    def perform(self, **kwargs: Any) -> tuple[str, str]:
        if kwargs["what"] == "taken":
            refuse("x")
        if kwargs["what"] == "gone":
            raise Gone(notice="x")
        return "Pressed.", "/t/public/"


class Public(Page):
    permission = PUBLIC
    template_name = "web/base.html"


def paged(request: HttpRequest) -> HttpResponse:
    rows = Notice.objects.order_by("pk")
    limit, offset = int(request.GET["limit"]), int(request.GET["offset"])
    return JsonResponse(page_of(rows, limit=limit, offset=offset, serialise=lambda row: {"subject": row.subject}))


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


handler404 = "quanshu.shared.web.errors.page_not_found"
handler500 = "quanshu.shared.web.errors.server_fault"
urlpatterns = [
    path("t/notices/", Notices.as_view()),
    path("t/notices/<uid>/", OneNotice.as_view()),
    path("t/new/", NewNotice.as_view()),
    path("t/press/<what>/", Press.as_view()),
    path("t/public/", Public.as_view()),
    path("t/broken/", broken),
    path("api/t/paged/", paged),
    *import_module(django_settings.ROOT_URLCONF).urlpatterns,
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with freeze(NOW):
        yield


@pytest.fixture
def client() -> Client:
    """Signed in as an administrator, reading English."""
    account = create_first_administrator(username="admin", name="王敏", password="quan-shu-2026-ok", now=NOW)
    found = Client(headers={"accept-language": "en", "accept": "text/html"})
    found.force_login(account)
    return found


@pytest.fixture
def notices() -> list[Notice]:
    return [
        Notice.objects.create(
            recipient_uid="u1" if number % 2 else "u2",
            subject=name,
            body="b" * number,
            created_at=NOW - timedelta(days=number),
            read_at=NOW if number == 0 else None,
        )
        for number, name in enumerate(NAMES)
    ]


def subjects(response: Any) -> list[str]:
    return [row.subject for row in response.context["rows"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", NAMES),
        ("q=区", NAMES[:3]),
        ("q=历下+区", ["历下区"]),
        ("q=bbbb", [NAMES[4]]),
        ("q=nothing%00", []),
        ("who=u1", [NAMES[1], NAMES[3]]),
        ("who=u1&q=区", ["市中区"]),
        ("state=read", ["历下区"]),
        ("day=2026-08-02", NAMES[:2]),
        ("sort=made", NAMES[::-1]),
        ("sort=-subject", sorted(NAMES, reverse=True)),
        ("sort=body", NAMES),
        ("size=7&page=99", NAMES),
    ],
)
def test_a_list_is_narrowed_and_sorted_by_its_address(
    client: Client, notices: list[Notice], query: str, found: list[str]
) -> None:
    response = client.get(f"/t/notices/?{query}")
    assert response.status_code == 200
    assert subjects(response) == found


@pytest.mark.parametrize("query", ["who=u3", "state=x", "day=yesterday", "day=2026-02-30"])
def test_a_wrong_filter_is_refused_by_name(client: Client, notices: list[Notice], query: str) -> None:
    response = client.get(f"/t/notices/?{query}")
    assert response.status_code == 422
    assert b"web.bad_filter" in response.content


def test_a_list_is_cut_into_pages_that_do_not_overlap(client: Client) -> None:
    Notice.objects.bulk_create(
        Notice(recipient_uid="u1", subject=f"{number:03}", created_at=NOW) for number in range(60)
    )
    pages = [subjects(client.get(f"/t/notices/?page={page}")) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [25, 25, 10]
    assert len({name for page in pages for name in page}) == 60
    assert len(subjects(client.get("/t/notices/?size=50"))) == 50


def test_empty_and_unmatched_lists_say_different_things(client: Client) -> None:
    assert b"No notices yet" in client.get("/t/notices/").content
    assert b"No notices yet" not in client.get("/t/notices/?q=x").content


def test_cells_are_written_for_people(client: Client, notices: list[Notice]) -> None:
    text = client.get("/t/notices/").content.decode()
    assert f'<a href="/t/notices/{notices[0].uid}/">历下区</a>' in text
    assert "2026-08-03 10:00" in text
    assert '<span class="badge bg-secondary-lt">read</span>' in text
    assert "370102199003071234" in text


def test_a_list_asked_for_by_htmx_is_only_the_table(client: Client, notices: list[Notice]) -> None:
    response = client.get("/t/notices/", headers={"HX-Request": "true", "HX-Target": "list"})
    assert b"<html" not in response.content
    assert b"<table" in response.content


def test_csv_holds_the_narrowed_list_and_no_formula(client: Client, notices: list[Notice]) -> None:
    response = client.get("/t/notices/?who=u1&export=csv")
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows == [
        ["Subject", "Made", "Size", "State"],
        ["市中区", "2026-08-02 10:00:00", "1", "new"],
        ["'=1+1", "2026-07-31 10:00:00", "3", "new"],
    ]
    assert response["Content-Disposition"] == 'attachment; filename="notices-20260803-1000.csv"'
    entry = audit.history("web.list", "notices").get()
    assert entry.details == {"rows": 2, "format": "csv"}


def test_excel_keeps_long_numbers_as_text_and_dates_as_dates(client: Client, notices: list[Notice]) -> None:
    response = client.get("/t/notices/?export=xlsx")
    sheet = load_workbook(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
    assert sheet[0] == ["Subject", "Made", "Size", "State"]
    assert sheet[5][0] == "370102199003071234"
    assert sheet[4][0] == "'=1+1"
    assert sheet[1][1] == datetime(2026, 8, 3, 10, 0)  # noqa: DTZ001 - a worksheet has no zones
    assert sheet[5][2] == 4


def test_an_export_that_is_unknown_or_too_large_is_refused(
    client: Client, notices: list[Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert b"web.unknown_export" in client.get("/t/notices/?export=pdf").content
    monkeypatch.setattr(exports, "EXPORT_LIMIT", 3)
    response = client.get("/t/notices/?export=csv")
    assert (response.status_code, b"web.export_too_large" in response.content) == (422, True)


def test_an_object_s_page_shows_facts_clocks_history_and_why_a_button_is_off(
    client: Client, notices: list[Notice]
) -> None:
    uid = notices[0].uid
    audit.record(actor=SYSTEM, action="test.happened", kind="test.notice", uid=uid, now=NOW)
    start_clock(kind="test.term", subject_kind="test.notice", subject_uid=uid, days=3, holder_path="/", now=NOW)
    text = client.get(f"/t/notices/{uid}/").content.decode()
    assert "The name x is taken. Choose another." in text
    assert "disabled" in text
    assert 'action="/t/press/ok/"' in text
    assert "test.happened" in text
    assert "2026-08-06" in text
    assert "<dt>Nothing</dt><dd>—</dd>" in text


def test_a_form_says_what_is_wrong_beside_its_field(client: Client) -> None:
    assert b'name="csrfmiddlewaretoken"' in client.get("/t/new/").content
    response = client.post("/t/new/", {"name": "", "count": "many"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"name", "count"}
    assert response.content.count(b'aria-invalid="true"') == 2


def test_a_service_s_refusal_lands_on_the_form(client: Client) -> None:
    response = client.post("/t/new/", {"name": "taken"})
    assert response.status_code == 409
    assert response.context["form"].non_field_errors() == ["The name taken is taken. Choose another."]
    response = client.post("/t/new/", {"name": "many"})
    assert response.context["form"].errors["name"] == ["many is no name. Enter one."]
    assert "Wrong too." in response.context["form"].non_field_errors()[0]
    assert not Notice.objects.exists()


def test_a_saved_form_goes_on(client: Client) -> None:
    response = client.post("/t/new/", {"name": "泉"})
    assert (response.status_code, response["Location"]) == (302, "/t/notices/")
    response = client.post("/t/new/", {"name": "城"}, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, "/t/notices/")
    assert Notice.objects.count() == 2


def test_a_button_says_what_happened_and_goes_back_after_a_refusal(client: Client) -> None:
    def texts(response: Any) -> list[str]:
        return [str(message) for message in response.wsgi_request._messages]

    done = client.post("/t/press/ok/")
    assert (done["Location"], texts(done)) == ("/t/public/", ["Pressed."])
    back = client.post("/t/press/taken/", headers={"referer": "http://testserver/t/new/"})
    assert back["Location"] == "http://testserver/t/new/"
    assert "The name x is taken. Choose another." in texts(back)
    away = client.post("/t/press/taken/", headers={"referer": "https://elsewhere.example/"})
    assert away["Location"] == "/"
    assert client.post("/t/press/gone/").status_code == 404
    assert client.get("/t/press/ok/").status_code == 405


def test_strangers_are_asked_to_sign_in_and_come_back() -> None:
    stranger = Client()
    response = stranger.get("/t/notices/?q=1")
    assert response["Location"] == "/sign-in/?next=%2Ft%2Fnotices%2F%3Fq%3D1"
    assert stranger.post("/t/new/")["Location"] == "/sign-in/?next=%2F"
    assert stranger.get("/t/notices/", headers={"HX-Request": "true"}).status_code == 401
    assert stranger.get("/t/public/").status_code == 200


def test_a_page_is_forbidden_without_its_right(client: Client) -> None:
    from quanshu.shared.access.models import RolePermission

    RolePermission.objects.filter(permission="jobs.job.view").update(scope=Scope.NONE)
    response = client.get("/t/notices/")
    assert response.status_code == 403
    assert b"You may not do this (See background work)." in response.content
    assert response["X-Request-Id"].encode() in response.content


def test_what_is_not_there_has_a_page_that_helps(client: Client) -> None:
    for url, code in (("/no/such/page/", b"web.page_not_found"), ("/t/notices/none/", b"test.gone")):
        response = client.get(url)
        assert (response.status_code, code in response.content) == (404, True)
        assert b"<html" in response.content
    chinese = client.get("/no/such/page/", headers={"accept-language": "zh-hans"}).content.decode()
    assert 'lang="zh-Hans"' in chinese
    assert "There is no page" not in chinese


def test_programs_get_an_envelope(client: Client) -> None:
    for headers, url in (({"accept": "application/json"}, "/t/notices/none/"), ({}, "/api/nothing/")):
        response = client.get(url, headers=headers)
        body = json.loads(response.content)
        assert response.status_code == 404
        assert set(body) == {"code", "message", "remedy", "params", "request_id"}
        assert body["request_id"] == response["X-Request-Id"]
    fragment = client.get("/t/notices/none/", headers={"HX-Request": "true"}).content
    assert b"<html" not in fragment
    assert b'role="alert"' in fragment


def test_a_fault_of_ours_tells_no_detail(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/t/broken/")
    assert response.status_code == 500
    assert b"secret detail" not in response.content
    assert b"web.server_fault" in response.content


def test_a_form_without_its_token_is_refused(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    response = strict.post("/t/new/", {"name": "x"})
    assert (response.status_code, b"web.form_expired" in response.content) == (403, True)


def test_every_answer_forbids_inline_scripts(client: Client) -> None:
    response = client.get("/t/public/")
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe-inline" not in response["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    assert response["X-Frame-Options"] == "DENY"
    assert b"<script>" not in response.content


def test_api_pages(client: Client, notices: list[Notice]) -> None:
    body = client.get("/api/t/paged/?limit=2&offset=3").json()
    assert body == {"total": 5, "limit": 2, "offset": 3, "items": [{"subject": NAMES[3]}, {"subject": NAMES[4]}]}
    for query in ("limit=0&offset=0", "limit=201&offset=0", "limit=1&offset=-1"):
        assert client.get(f"/api/t/paged/?{query}").json()["code"] == "web.bad_page"


def test_a_mapping_is_told_by_its_pairs_even_with_a_key_named_items() -> None:
    told = Template("{% for name, value in details|pairs %}{{ name }}={{ value }};{% endfor %}")
    assert told.render(Context({"details": {"items": 3, "entries": 2}})) == "items=3;entries=2;"


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "系统"), ("en", "system")])
def test_what_the_platform_did_itself_is_the_systems(language: str, word: str) -> None:
    with override(language):
        told = Template("{{ name|who }} {{ other|who }}").render(Context({"name": SYSTEM.name, "other": 3}))
    assert told == f"{word} 3"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567, "1,234,567"),
        (-0.0, "0"),
        (-0.00000004, "0"),
        (0.0004, "0.0004"),
        (2 / 3, "0.667"),
        (12345.5, "12,345.5"),
        (0, "0"),
        ("1234", "1234"),
        (None, "—"),
        (True, {"zh-hans": "是", "en": "Yes"}),
    ],
)
def test_facts_are_written_for_people_alike_in_both_languages(language: str, value: Any, shown: Any) -> None:
    with override(language):
        told = Template("{{ value|fact }}").render(Context({"value": value}))
    assert told == (shown if isinstance(shown, str) else shown[language])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_numbers_of_cells_and_counts_are_grouped_in_both_languages(language: str) -> None:
    column = Column("rows", "Rows", kind="number")
    with override(language):
        told = Template("{% cell column row %} {{ row.rows|intcomma }}").render(
            Context({"column": column, "row": {"rows": 1234567}})
        )
    assert told == "1,234,567 1,234,567"


def test_the_numbers_behind_a_chart_are_told_without_their_colours() -> None:
    bars = [{"value": 88.5, "itemStyle": {"color": "#e8590c"}}, 1234567, None]
    option = {"xAxis": {"type": "category", "data": ["甲", "乙", "丙"]}, "series": [{"name": "率", "data": bars}]}
    told = Template("{% chart option 'x' %}").render(Context({"option": option}))
    assert "<td>88.5</td>" in told
    assert "<td>1,234,567</td>" in told
    assert "<td>—</td>" in told
    assert "itemStyle" not in told.partition("<details")[2]
