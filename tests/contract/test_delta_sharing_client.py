"""The official Delta Sharing client against a real gateway over HTTP: lists, reads, limits, versions and changes."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import delta_sharing
import httpx
import pyarrow as pa
import pytest
from delta_sharing import SharingClient
from delta_sharing.protocol import DeltaSharingProfile
from delta_sharing.rest_client import DataSharingRestClient

from quanshu.gateway.delta_sharing.files import one_range
from quanshu.gateway.journal import read_after
from quanshu.gateway.messages import MESSAGES
from quanshu.gateway.snapshot import BulkSpec, BulkTokenSpec, Snapshot, append_revocation, write_snapshot
from quanshu.lake import Lake
from quanshu.lake.masking import Mask
from quanshu.lake.storage import Bucket, Storage
from quanshu.lake.views import materialise_view, tidy_view
from support_gateway import RID, GatewayHome
from support_object_store import a_bucket, object_store

TOKEN, OLD, OTHER = "qst_reader", "qst_expired", "qst_of_another"
SCHEMA = "u1137"
ROOT = f"/shares/city/schemas/{SCHEMA}/tables"


def a_token(text: str, uid: str, rid: str = RID, **changes: float) -> BulkTokenSpec:
    """A token that holds today."""
    token = BulkTokenSpec(uid, rid, hashlib.sha256(text.encode()).hexdigest(), 0.0, time.time() + 3600)
    return dataclasses.replace(token, **changes)


def a_bulk(uid: str, table: str, **changes: object) -> BulkSpec:
    """A bulk grant of the view of residents."""
    spec = BulkSpec(
        uid=uid,
        rid=RID,
        share="city",
        schema=SCHEMA,
        table=table,
        lake_table="bulk.people",
        fields=("id", "name", "district", "born"),
        purpose="区级人口分析",
        valid_from=0.0,
        valid_until=time.time() + 3600,
    )
    return dataclasses.replace(spec, **changes)


def people(rows: list[tuple[str, str, str, str | None, int]]) -> pa.Table:
    """Rows of the source."""
    names = ("id", "name", "district", "born", "score")
    table = pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})
    return table.set_column(3, "born", table["born"].cast(pa.date32()))


class BulkHome(GatewayHome):
    """A gateway's folder with a lake that has a view of residents in five versions."""

    def __init__(self, folder: Path, storage: Storage | None = None) -> None:
        super().__init__(folder)
        self.lake = Lake(folder / "lake", memory_limit="256MB", storage=storage)
        rows = [(str(n), "张三丰", "历下", "1990-01-01", n) for n in range(100)]
        self.lake.append("s.people", people(rows))
        self.refresh()
        self.lake.upsert("s.people", people([("1", "李四", "历下", None, 1), ("500", "王五", "历下", None, 5)]), ["id"])
        self.refresh()
        self.lake.delete("s.people", pa.table({"id": ["2", "3"]}))
        self.refresh()

    def start(self, *, workers: int = 1, **extra: str) -> None:
        """Start the gateway, told where the lake lies as a node's settings tell it."""
        bucket = self.lake.storage
        if isinstance(bucket, Bucket):
            place = {"URL": bucket.url, "ENDPOINT": bucket.endpoint, "REGION": bucket.region, "ALLOW_HTTP": "true"}
            place |= {"KEY_ID": bucket.key_id, "SECRET": bucket.secret}
            extra = {f"QUANSHU_LAKE_{name}": value for name, value in place.items()} | extra
        super().start(workers=workers, **extra)

    def refresh(self) -> None:
        """Bring the view up to date."""
        materialise_view(
            self.lake,
            "s.people",
            "bulk.people",
            columns=["id", "name", "district", "born", "score"],
            masks={"name": Mask.NAME},
            keys=["id"],
        )

    def share(self, *specs: BulkSpec, tokens: tuple[BulkTokenSpec, ...] = ()) -> None:
        """Put a snapshot with these bulk grants in force."""
        self.version += 1
        mine = (a_token(TOKEN, "t1"), a_token(OLD, "t2", not_after=time.time() - 1), a_token(OTHER, "t3", rid="x"))
        clients = (self.client(), self.client("x"))
        snapshot = Snapshot(
            self.version,
            "2026-01-05T08:00:00+00:00",
            "jinan",
            clients=clients,
            bulk=specs,
            bulk_tokens=(*mine, *tokens),
        )
        write_snapshot(self.directory, snapshot, self._pair.private)


@contextmanager
def a_place(where: str) -> Iterator[Storage | None]:
    """Where the lake lies: in the home folder, or in a bucket that the gateways' settings name."""
    if where == "folder":
        yield None
        return
    with object_store() as url:
        yield a_bucket(url)


@pytest.fixture(scope="module", params=["folder", "bucket"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BulkHome]:
    with a_place(request.param) as storage:
        yield from a_city(BulkHome(tmp_path_factory.mktemp("bulk-home"), storage))


def a_city(home: BulkHome) -> Iterator[BulkHome]:
    """The gateway of this file's grants."""
    home.share(
        a_bulk("b-people", "people"),
        a_bulk("b-few", "few", row_limit=50),
        a_bulk("b-day", "day", daily_rows=150),
        a_bulk("b-late", "late", valid_until=time.time() - 1),
        a_bulk("b-ending", "ending"),
        a_bulk("b-token", "tokened"),
        a_bulk("b-unbuilt", "unbuilt", lake_table="bulk.nothing"),
        a_bulk("b-theirs", "theirs", rid="x"),
        a_bulk("b-short", "short", versions_kept=1),
        a_bulk("b-elsewhere", "elsewhere", share="other"),
        tokens=(a_token("qst_ending", "t-ending"),),
    )
    home.start()
    yield home
    home.kill()


def profile_text(home: BulkHome, token: str = TOKEN) -> str:
    """A profile as the platform makes it."""
    return json.dumps(
        {
            "shareCredentialsVersion": 1,
            "endpoint": f"{home.url}/delta-sharing/",
            "bearerToken": token,
            "expirationTime": "2099-01-01T00:00:00Z",
        }
    )


@pytest.fixture(scope="module")
def profile(home: BulkHome, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("profile") / "jinan.share"
    path.write_text(profile_text(home), encoding="utf-8")
    return str(path)


def ask(home: BulkHome, method: str, path: str, token: str = TOKEN, **more: object) -> httpx.Response:
    """One request by hand."""
    headers = {"Authorization": f"Bearer {token}".strip(), **more.pop("headers", {})}  # type: ignore[dict-item]
    with httpx.Client(trust_env=False, timeout=10) as client:
        return client.request(method, f"{home.url}/delta-sharing{path}", headers=headers, **more)  # type: ignore[arg-type]


def lines(response: httpx.Response) -> list[dict[str, dict[str, object]]]:
    """An NDJSON answer."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


class TestOfficialClient:
    def test_it_lists_what_is_shared_with_its_token_and_nothing_else(self, profile: str) -> None:
        client = SharingClient(profile)
        assert [share.name for share in client.list_shares()] == ["city", "other"]
        share = client.list_shares()[0]
        assert [schema.name for schema in client.list_schemas(share)] == [SCHEMA]
        tables = {table.name for table in client.list_tables(client.list_schemas(share)[0])}
        assert {"people", "few", "day", "unbuilt"} <= tables
        assert not tables & {"late", "theirs", "elsewhere"}
        assert "elsewhere" in {table.name for table in client.list_all_tables()}

    def test_it_loads_the_view(self, profile: str) -> None:
        frame = delta_sharing.load_as_pandas(f"{profile}#city.{SCHEMA}.people")
        assert len(frame) == 99
        assert set(frame["name"]) == {"张**", "李*", "王*"}
        assert list(frame.columns) == ["id", "name", "district", "born", "score"]
        assert delta_sharing.get_table_version(f"{profile}#city.{SCHEMA}.people") == 2

    def test_it_loads_with_a_limit_and_an_earlier_version(self, profile: str) -> None:
        url = f"{profile}#city.{SCHEMA}.people"
        assert len(delta_sharing.load_as_pandas(url, limit=7)) == 7
        assert len(delta_sharing.load_as_pandas(url, version=0)) == 100
        assert len(delta_sharing.load_as_pandas(url, version=1)) == 101

    def test_it_loads_in_the_format_of_delta(self, profile: str) -> None:
        frame = delta_sharing.load_as_pandas(f"{profile}#city.{SCHEMA}.people", use_delta_format=True)
        assert len(frame) == 99

    @pytest.mark.parametrize("form", [False, True])
    def test_it_loads_changes(self, profile: str, form: bool) -> None:
        frame = delta_sharing.load_table_changes_as_pandas(
            f"{profile}#city.{SCHEMA}.people", starting_version=1, use_delta_format=form
        )
        found = sorted(zip(frame["_commit_version"], frame["_change_type"], frame["id"], strict=True))
        assert found == [
            (1, "insert", "500"),
            (1, "update_postimage", "1"),
            (1, "update_preimage", "1"),
            (2, "delete", "2"),
            (2, "delete", "3"),
        ]

    def test_it_loads_everything_since_the_beginning(self, profile: str) -> None:
        frame = delta_sharing.load_table_changes_as_pandas(f"{profile}#city.{SCHEMA}.people", starting_version=0)
        assert (frame["_change_type"] == "insert").sum() == 101

    def test_it_reads_the_metadata(self, home: BulkHome) -> None:
        profile = DeltaSharingProfile.read_from_file(io.StringIO(profile_text(home)))
        client = DataSharingRestClient(profile)
        answer = client.query_table_metadata(delta_sharing.Table("people", "city", SCHEMA))
        fields = [field["name"] for field in json.loads(answer.metadata.schema_string)["fields"]]
        assert fields == ["id", "name", "district", "born", "score"]


class TestLists:
    def test_a_list_is_paged(self, home: BulkHome) -> None:
        seen, token = [], ""
        while True:
            answer = ask(home, "GET", f"{ROOT}?maxResults=2" + (f"&pageToken={token}" if token else "")).json()
            seen += [item["name"] for item in answer["items"]]
            token = answer.get("nextPageToken", "")
            if not token:
                break
        assert len(seen) == len(set(seen)) == 7
        none = ask(home, "GET", f"{ROOT}?maxResults=0").json()
        assert none["items"] == []
        assert none["nextPageToken"]

    def test_a_share_is_found_without_regard_to_case(self, home: BulkHome) -> None:
        assert ask(home, "GET", "/shares/CITY").json() == {"share": {"name": "city"}}

    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/shares/nothing", 404, "gateway.bulk_not_shared"),
            ("GET", "/shares/nothing/schemas", 404, "gateway.bulk_not_shared"),
            ("GET", "/shares/city/schemas/nothing/tables", 404, "gateway.bulk_not_shared"),
            ("GET", f"{ROOT}/theirs/metadata", 404, "gateway.bulk_not_shared"),
            ("GET", f"{ROOT}/late/metadata", 404, "gateway.bulk_not_shared"),
            ("GET", f"{ROOT}/unbuilt/metadata", 503, "gateway.bulk_view_missing"),
            ("GET", f"{ROOT}?maxResults=-1", 400, "gateway.bulk_bad_request"),
            ("GET", f"{ROOT}?pageToken=@@", 400, "gateway.bulk_bad_request"),
            ("GET", f"{ROOT}/people/version?startingTimestamp=yesterday", 400, "gateway.bulk_bad_request"),
            ("GET", f"{ROOT}/people/version?startingTimestamp=2999-01-01T00:00:00Z", 400, "gateway.bulk_no_version"),
            ("GET", f"{ROOT}/people/changes", 400, "gateway.bulk_bad_request"),
            ("GET", f"{ROOT}/people/changes?startingVersion=9", 400, "gateway.bulk_no_version"),
            ("GET", f"{ROOT}/people/changes?startingVersion=2&endingVersion=1", 400, "gateway.bulk_bad_request"),
            ("GET", f"{ROOT}/short/changes?startingVersion=0", 400, "gateway.bulk_no_version"),
        ],
    )
    def test_a_wrong_request_is_told_its_fault(
        self, home: BulkHome, method: str, path: str, status: int, code: str
    ) -> None:
        answer = ask(home, method, path)
        assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
        assert len(answer.json()["message"]) > 20
        assert MESSAGES[code][0] == status

    @pytest.mark.parametrize("token", ["", "qst_wrong", OLD])
    def test_without_a_token_that_holds_nothing_is_told(self, home: BulkHome, token: str) -> None:
        answer = ask(home, "GET", "/shares", token)
        assert answer.status_code == 401
        assert answer.json()["errorCode"] in {"gateway.bulk_no_token", "gateway.bulk_bad_token"}


class TestReads:
    def test_the_version_stands_in_the_header(self, home: BulkHome) -> None:
        for method, path in (("GET", f"{ROOT}/people/version"), ("HEAD", f"{ROOT}/people")):
            answer = ask(home, method, path)
            assert (answer.status_code, answer.headers["delta-table-version"]) == (200, "2")
        first = ask(home, "GET", f"{ROOT}/people/version?startingTimestamp=2000-01-01T00:00:00Z")
        assert first.headers["delta-table-version"] == "0"

    @pytest.mark.parametrize("body", ["[]", "{", '{"version": -1}', '{"version": 1, "startingVersion": 1}'])
    def test_a_wrong_body_is_refused(self, home: BulkHome, body: str) -> None:
        answer = ask(home, "POST", f"{ROOT}/people/query", content=body)
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "gateway.bulk_bad_request")

    def test_a_read_as_of_a_time(self, home: BulkHome) -> None:
        answer = ask(home, "POST", f"{ROOT}/people/query", json={"timestamp": "2999-01-01T00:00:00Z"})
        assert answer.headers["delta-table-version"] == "2"
        assert lines(answer)[2]["file"]["version"] == 2

    def test_data_changes_since_a_version(self, home: BulkHome) -> None:
        answer = lines(ask(home, "POST", f"{ROOT}/people/query", json={"startingVersion": 1}))
        assert {next(iter(line)) for line in answer[2:]} == {"add", "remove"}

    def test_hints_of_predicates_are_taken(self, home: BulkHome) -> None:
        body = {"predicateHints": ["id = '1'"], "jsonPredicateHints": "{}", "limitHint": 1}
        assert len(lines(ask(home, "POST", f"{ROOT}/people/query", json=body))) == 3

    def test_more_rows_than_granted_are_refused(self, home: BulkHome) -> None:
        answer = ask(home, "POST", f"{ROOT}/few/query", json={})
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "gateway.bulk_row_limit")
        assert "99" in answer.json()["message"]
        assert ask(home, "GET", f"{ROOT}/few/changes?startingVersion=1").status_code == 200

    def test_the_day_s_volume_ends(self, home: BulkHome) -> None:
        assert ask(home, "POST", f"{ROOT}/day/query", json={}).status_code == 200
        answer = ask(home, "POST", f"{ROOT}/day/query", json={})
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "gateway.bulk_daily_volume")

    def test_every_read_leaves_a_receipt(self, home: BulkHome) -> None:
        answer = ask(home, "POST", f"{ROOT}/people/query", json={})
        url = str(lines(answer)[2]["file"]["url"])
        httpx.get(url, trust_env=False)
        ask(home, "POST", f"{ROOT}/few/query", json={})
        ask(home, "GET", f"{ROOT}/theirs/metadata")
        receipts = {receipt.receipt_id: receipt for _f, _n, receipt in read_after(home.directory, {}, 10_000)}
        kept = receipts[answer.headers["x-receipt-id"]]
        assert (kept.sid, kept.rows, kept.outcome, kept.rid) == (f"bulk:city.{SCHEMA}.people", 99, "ok", RID)
        assert kept.grant_uid == "b-people"
        assert "files:" in kept.parameters
        assert "bytes:" in kept.parameters
        assert kept.response_hash == hashlib.sha256(answer.content).hexdigest()
        assert any(receipt.parameters == "file,range:whole" for receipt in receipts.values())
        assert {"gateway.bulk_row_limit", "gateway.bulk_not_shared"} <= {row.outcome for row in receipts.values()}


class TestFiles:
    def url(self, home: BulkHome, table: str = "people", token: str = TOKEN) -> str:
        """A file's address."""
        answer = lines(ask(home, "POST", f"{ROOT}/{table}/query", token, json={}))[2]["file"]
        assert time.time() * 1000 < float(str(answer["expirationTimestamp"])) < (time.time() + 901) * 1000
        return str(answer["url"])

    def get(self, url: str, **headers: str) -> httpx.Response:
        """Download."""
        return httpx.get(url, headers=headers, trust_env=False)

    def test_a_file_is_sent_whole_and_in_ranges(self, home: BulkHome) -> None:
        url = self.url(home)
        whole = self.get(url)
        assert whole.status_code == 200
        assert whole.content[:4] == whole.content[-4:] == b"PAR1"
        part = self.get(url, Range="bytes=0-3")
        assert (part.status_code, part.content) == (206, b"PAR1")
        assert self.get(url, Range="bytes=-4").content == b"PAR1"
        assert self.get(url, Range="bytes=99999999-").status_code == 416
        assert self.get(url, Range="bytes=4-9,12-14").status_code in {200, 206}
        assert self.get(url, Range="bytes=0-3", **{"If-Range": '"another"'}).content == whole.content
        head = httpx.head(url, trust_env=False)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))

    def test_an_altered_or_expired_address_is_refused(self, home: BulkHome) -> None:
        url = self.url(home)
        query = parse_qs(urlsplit(url).query)
        later = str(int(query["expires"][0]) + 60)
        for wrong in (
            url.replace(query["expires"][0], later),
            url.replace(query["signature"][0], query["signature"][0][::-1]),
            url.replace("b-people", "b-few"),
            url.replace("part-0", "part-1"),
            url.split("?")[0],
            url.replace("token=t1", "token=t3"),
            f"{home.url}/delta-sharing/files/b-people/%2e%2e/s.people/x.parquet?{urlsplit(url).query}",
        ):
            assert self.get(wrong).status_code == 403

    def test_a_revoked_grant_ends_lists_reads_and_addresses_within_a_second(self, home: BulkHome) -> None:
        url = self.url(home, "ending")
        append_revocation(home.directory, "bulk", "b-ending", "now")
        time.sleep(0.8)
        assert self.get(url).status_code == 403
        assert ask(home, "POST", f"{ROOT}/ending/query", json={}).status_code == 404
        assert "ending" not in {item["name"] for item in ask(home, "GET", ROOT).json()["items"]}

    def test_a_revoked_token_ends_what_it_was_given(self, home: BulkHome) -> None:
        url = self.url(home, "tokened", "qst_ending")
        append_revocation(home.directory, "bulk_token", "t-ending", "now")
        time.sleep(0.8)
        assert self.get(url).status_code == 403
        assert ask(home, "GET", "/shares", "qst_ending").status_code == 401
        assert ask(home, "GET", "/shares").status_code == 200


def test_a_web_server_in_front_may_send_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANSHU_GATEWAY_ACCEL", "/lake-files")
    monkeypatch.setenv("QUANSHU_GATEWAY_URL", "https://data.jinan.example")
    home = BulkHome(tmp_path)
    home.share(a_bulk("b-people", "people"))
    home.start()
    try:
        url = str(lines(ask(home, "POST", f"{ROOT}/people/query", json={}))[2]["file"]["url"])
        assert url.startswith("https://data.jinan.example/delta-sharing/files/b-people/part-")
        answer = httpx.get(url.replace("https://data.jinan.example", home.url), trust_env=False)
        name = urlsplit(url).path.rpartition("/")[2]
        assert answer.headers["x-accel-redirect"] == f"/lake-files/bulk.people/{name}"
    finally:
        home.kill()


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_files_of_versions_no_longer_kept_go_and_the_rest_stays_readable(tmp_path: Path, where: str) -> None:
    with a_place(where) as storage:
        home = BulkHome(tmp_path, storage)
        tidy_view(home.lake, "bulk.people", keep=2)
        home.share(a_bulk("b-people", "people", versions_kept=2))
        home.start()
        try:
            path = tmp_path / "p.share"
            path.write_text(profile_text(home), encoding="utf-8")
            assert len(delta_sharing.load_as_pandas(f"{path}#city.{SCHEMA}.people", version=1)) == 101
            frame = delta_sharing.load_table_changes_as_pandas(f"{path}#city.{SCHEMA}.people", starting_version=1)
            assert len(frame) == 5
            before = home.lake.storage.files("bulk.people")
            tidy_view(home.lake, "bulk.people", keep=1)
            assert len(home.lake.storage.files("bulk.people")) < len(before)
            assert len(delta_sharing.load_as_pandas(f"{path}#city.{SCHEMA}.people")) == 99
        finally:
            home.kill()


def test_a_store_that_does_not_answer_is_told_and_the_calls_go_on(tmp_path: Path) -> None:
    with a_place("bucket") as storage:
        home = BulkHome(tmp_path, storage)
        home.share(a_bulk("b-people", "people"))
        home.start()
    try:
        answer = ask(home, "POST", f"{ROOT}/people/query", json={})
        assert (answer.status_code, answer.json()["errorCode"]) == (503, "gateway.bulk_store_away")
        assert ask(home, "GET", "/shares").status_code == 200
    finally:
        home.kill()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("bytes=-", None),
        ("rows=1-2", None),
        ("bytes=0-1,3-4", None),
        ("bytes=5-2", None),
        ("bytes=0-3", (0, 4)),
        ("bytes=2-", (2, 10)),
        ("bytes=2-99", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=10-", (10, 10)),
        ("bytes=-0", (10, 0)),
    ],
)
def test_one_range_of_a_file(text: str, expected: tuple[int, int] | None) -> None:
    assert one_range(text, 10) == expected
