"""Notices in the application and by mail over a real SMTP conversation; files kept once, checked on the way in."""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quanshu.kernel.clock import freeze
from quanshu.shared.access.api import SYSTEM, Actor, ActorKind
from quanshu.shared.audit import api as audit
from quanshu.shared.files import api as files
from quanshu.shared.files.models import StoredFile
from quanshu.shared.files.types import FileEmpty, FileNotFound, FileTooLarge, FileTypeRefused
from quanshu.shared.jobs import api as jobs
from quanshu.shared.jobs.models import Job
from quanshu.shared.notify import api as notify
from quanshu.shared.notify import mail
from quanshu.shared.notify.models import Notice
from quanshu.shared.notify.types import BadMailAddress
from quanshu.shared.outbox import api as outbox

NOW = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)


@dataclass
class Sink:
    """A mail server that takes every message, or says it is busy."""

    busy: bool = False
    port: int = 0
    commands: list[str] = field(default_factory=list)
    mails: list[tuple[str, email.message.EmailMessage]] = field(default_factory=list)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        recipient = ""
        while line := await reader.readline():
            self.commands.append(line.decode().strip())
            verb = self.commands[-1].upper()
            if verb.startswith("RCPT"):
                recipient = self.commands[-1].partition("<")[2].rstrip(">")
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                raw = (await reader.readuntil(b"\r\n.\r\n"))[:-5].replace(b"\r\n..", b"\r\n.")
                self.mails.append((recipient, email.message_from_bytes(raw, policy=email.policy.default)))
            if verb == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            writer.write(b"451 try later\r\n" if self.busy and verb.startswith("MAIL") else b"250 ok\r\n")
        writer.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The server in a thread of its own, on a free port."""
    found, started = Sink(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        server = await asyncio.start_server(found.converse, "127.0.0.1", 0)
        found.port = server.sockets[0].getsockname()[1]
        started.set()

    def run() -> None:
        loop.create_task(serve())  # noqa: RUF006 - the loop keeps the server
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(5)
    yield found
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_lookups", [])
    notify.register_addresses(lambda uids: {uid: f"{uid}@jinan.example" for uid in uids if uid != "u3"})


def person(uid: str) -> Actor:
    return Actor(uid, "王敏", ActorKind.PERSON)


def work_off() -> None:
    """What a worker does: deliver events, then run jobs."""
    with freeze(NOW):
        outbox.dispatch(NOW)
        jobs.run_due(NOW)


@pytest.mark.django_db
def test_each_recipient_has_one_unread_notice() -> None:
    assert notify.notify(recipients=["u1", "u2", "u1", ""], subject="s" * 300, url="/x/", now=NOW) == 2
    assert notify.unread_count(person("u1")) == 1
    assert len(Notice.objects.get(recipient_uid="u1").subject) == 200
    assert notify.mark_all_read(actor=person("u1"), now=NOW) == 1
    assert notify.mark_all_read(actor=person("u1"), now=NOW) == 0
    assert (notify.unread_count(person("u1")), notify.unread_count(person("u2"))) == (0, 1)
    assert audit.history("notify.notice", "u1").count() == 1
    assert notify.notices_of(Actor("", "", ActorKind.ANONYMOUS)).count() == 0


@pytest.mark.django_db
def test_a_notice_is_mailed_once_through_the_server(sink: Sink, addresses: None, settings) -> None:
    settings.QUANSHU_SMTP_URL = f"smtp://127.0.0.1:{sink.port}"
    settings.CSRF_TRUSTED_ORIGINS = ["https://data.jinan.example"]
    notify.notify(recipients=["u1", "u3"], subject="对接\n到期", body="请于三日内答复。", url="/demands/7/", now=NOW)
    work_off()
    [(recipient, message)] = sink.mails
    notice = Notice.objects.get(recipient_uid="u1")
    assert recipient == "u1@jinan.example"
    assert message["Subject"] == "对接 到期"
    assert message["From"] == settings.DEFAULT_FROM_EMAIL
    assert message["Message-ID"].startswith(f"<{notice.uid}@")
    assert message.get_content().split() == ["请于三日内答复。", "https://data.jinan.example/demands/7/"]
    assert notice.mailed_at == NOW
    jobs.enqueue("notify.mail", {"notice_uid": notice.uid}, now=NOW)
    work_off()
    assert len(sink.mails) == 1


@pytest.mark.django_db
def test_a_busy_server_is_tried_again(sink: Sink, addresses: None, settings) -> None:
    settings.QUANSHU_SMTP_URL = f"smtp://127.0.0.1:{sink.port}"
    sink.busy = True
    notify.notify(recipients=["u1"], subject="s", now=NOW)
    work_off()
    job = Job.objects.get()
    assert (job.state, job.attempts, sink.mails) == ("queued", 1, [])
    assert "try later" in job.error
    assert Notice.objects.get().mailed_at is None
    sink.busy = False
    with freeze(job.run_at):
        jobs.run_due(job.run_at)
    assert len(sink.mails) == 1
    assert Job.objects.get().state == "done"


@pytest.mark.django_db
def test_without_a_server_or_an_address_nothing_is_queued(addresses: None, settings) -> None:
    settings.QUANSHU_SMTP_URL = ""
    notify.notify(recipients=["u1"], subject="s", now=NOW)
    work_off()
    settings.QUANSHU_SMTP_URL = "smtp://127.0.0.1:1"
    notify.notify(recipients=["u3"], subject="s", now=NOW)
    work_off()
    assert not Job.objects.exists()
    assert outbox.outbox_figures() == {"waiting": 0, "dead": 0}


@pytest.mark.django_db
def test_addresses_are_those_of_people_who_work_here() -> None:
    from quanshu.organisation.api import Account, create_first_administrator

    account = create_first_administrator(username="admin", name="王敏", password="quan-shu-2026-ok", now=NOW)
    assert mail.address_of(account.uid) == ""
    account.person.email = "wangmin@jinan.example"
    account.person.save()
    assert mail.address_of(account.uid) == "wangmin@jinan.example"
    Account.objects.update(is_active=False)
    assert mail.address_of(account.uid) == ""


def test_the_server_s_address_is_read_whole() -> None:
    assert mail.server_options("smtp+starttls://mail%40jinan:p%2Fw@smtp.example") == {
        "host": "smtp.example",
        "port": 587,
        "username": "mail@jinan",
        "password": "p/w",
        "use_tls": True,
        "use_ssl": False,
    }
    assert mail.server_options("smtps://smtp.example")["port"] == 465
    assert mail.server_options("smtp://smtp.example:2525")["port"] == 2525


@pytest.mark.parametrize("url", ["smtp.example", "http://smtp.example", "smtp://", "smtp://u:secret@h:port"])
def test_a_wrong_server_address_is_refused_without_telling_the_password(url: str) -> None:
    with pytest.raises(BadMailAddress) as refused:
        mail.server_options(url)
    assert "secret" not in str(refused.value.as_dict())
    assert "QUANSHU_SMTP_URL" in str(refused.value)


class Upload:
    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    def chunks(self) -> Iterable[bytes]:
        return iter(self.pieces)


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    settings.QUANSHU_UPLOAD_MAX_BYTES = 1024 * 1024
    return tmp_path / "files"


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.mark.django_db
def test_a_file_is_kept_under_its_content_s_digest_and_once(folder: Path) -> None:
    content = b"name,code\r\n"
    first = files.store(actor=SYSTEM, name="../../etc/a.CSV", stream=Upload(b"name,", b"code\r\n"), now=NOW)
    assert first.digest == hashlib.sha256(content).hexdigest()
    assert (first.name, first.size, first.media_type) == ("a.CSV", 11, "text/csv")
    again = files.store(actor=SYSTEM, name="b.txt", stream=Upload(content), now=NOW)
    assert again.pk == first.pk
    assert files.path_of(first.digest).read_bytes() == content
    assert len(kept(folder)) == 1
    assert audit.history("files.file", first.digest).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "pieces", "fault"),
    [
        ("a.exe", [b"MZ"], FileTypeRefused),
        ("csv", [b"x"], FileTypeRefused),
        ("a.csv", [], FileEmpty),
        ("a.csv", [b"x" * 1024 * 1024, b"x"], FileTooLarge),
    ],
)
def test_what_is_not_taken_leaves_nothing_behind(
    folder: Path, name: str, pieces: list[bytes], fault: type[Exception]
) -> None:
    with pytest.raises(fault) as refused:
        files.store(actor=SYSTEM, name=name, stream=Upload(*pieces), now=NOW)
    assert name in str(refused.value)
    assert refused.value.as_dict()["remedy"]
    assert kept(folder) == []
    assert not StoredFile.objects.exists()


@pytest.mark.django_db
def test_a_broken_upload_leaves_nothing_behind(folder: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    upload = Upload()
    upload.chunks = broken  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        files.store(actor=SYSTEM, name="a.csv", stream=upload, now=NOW)
    assert kept(folder) == []


@pytest.mark.parametrize("digest", ["", "0" * 64, "../secret", "..", "A" * 64])
def test_only_stored_digests_have_a_path(folder: Path, digest: str) -> None:
    folder.mkdir()
    (folder.parent / "secret").write_text("x")
    with pytest.raises(FileNotFound):
        files.path_of(digest)
