"""The alert rules a node begins with. What is broken, what it affects, what to do: one text each, all editable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop as N_

from quanshu.oversight.monitoring.types import Severity, Stage

Y, C, S, W = Stage, Severity.CRITICAL, Severity.SERIOUS, Severity.WARNING


@dataclass(frozen=True, slots=True)
class Shipped:
    """A rule: its check's code, what the threshold counts (`unit`), how long until it fires and closes."""

    code: str
    stage: str
    severity: str
    threshold: float
    unit: str
    for_seconds: int
    clear_seconds: int
    escalate_minutes: int
    name: str
    affects: str
    remedy: str


SHIPPED: tuple[Shipped, ...] = (
    Shipped(
        "intake.overdue", Y.INTAKE, W, 1.5, N_("update cycles"), 0, 0, 240,
        N_("No batch within the update cycle"),
        N_("Services and libraries answer with data older than promised."),
        N_(
            "Open the entry's source, see why its last run did not land, run it again, and tell the unit's "
            "data steward."
        ),
    ),
    Shipped(
        "intake.failing", Y.INTAKE, S, 1, N_("failed runs in a row"), 0, 0, 120,
        N_("A source fails"),
        N_("Nothing new of this entry lands until its source is mended."),
        N_(
            "Open the last run: it says what failed and what to do. Check the source's address and rights "
            "with its unit."
        ),
    ),
    Shipped(
        "review.backlog", Y.REVIEW, W, 20, N_("reviews waiting"), 600, 300, 480,
        N_("Reviews pile up"),
        N_("Entries, registrations and demands wait; deadlines come near."),
        N_("Open the reviews that wait, begin with the oldest, or share them out among more people."),
    ),
    Shipped(
        "review.overdue", Y.REVIEW, S, 0, N_("deadlines missed"), 0, 0, 480,
        N_("Deadlines of reviews are missed"),
        N_("The units named answer later than the plan allows; waiting time is charged to them."),
        N_("Ask the unit's chief data representative; each case's page shows who holds it."),
    ),
    Shipped(
        "quality.low", Y.REVIEW, W, 0.95, N_("pass rate"), 0, 0, 0,
        N_("The quality pass rate is below its target"),
        N_("Consumers receive values that break known rules."),
        N_("Open the table's scorecard, assign its problems to the unit; it has two working days."),
    ),
    Shipped(
        "gateway.silent", Y.TRANSFER, C, 0, N_("gateways silent"), 8, 10, 15,
        N_("The gateway does not answer"),
        N_("No service can be called and nothing can be pushed."),
        N_(
            "Look at the gateway's last log lines, start it with “quanshu gateway” or through the service "
            "manager; check port and disk."
        ),
    ),
    Shipped(
        "gateway.old_snapshot", Y.TRANSFER, S, 60, N_("seconds behind"), 0, 10, 30,
        N_("A gateway follows an old snapshot"),
        N_("New grants do not work there yet; ended ones still end, by the revocation feed."),
        N_(
            "Read the fault on the gateway's /health; check that its folder is reached and the snapshot's "
            "key is the node's."
        ),
    ),
    Shipped(
        "service.probe", Y.TRANSFER, S, 1, N_("failed checks in a row"), 0, 30, 60,
        N_("A service does not answer its check"),
        N_("The applications that hold a grant for it get refusals or nothing."),
        N_("Open the service: its latest checks show the code. Rebuild its serving table, or look at the gateway."),
    ),
    Shipped(
        "calls.errors", Y.TRANSFER, S, 0.05, N_("share of calls that break"), 60, 120, 60,
        N_("Calls break on our side"),
        N_("Applications get errors (5xx) although they ask rightly."),
        N_("Filter the list of calls by the service; the code tells the part that broke."),
    ),
    Shipped(
        "bulk.errors", Y.TRANSFER, S, 0.05, N_("share of reads that break"), 60, 120, 60,
        N_("Bulk reads break on our side"),
        N_("Readers get errors (5xx) although they ask rightly; their copies grow old."),
        N_("Open the bulk grant: its reads show the code. Look at the gateway's log, the lake's folder and the disk."),
    ),
    Shipped(
        "bulk.behind", Y.TRANSFER, W, 3600, N_("seconds behind"), 0, 0, 240,
        N_("A bulk view lags behind its source"),
        N_("Readers and deliveries get data older than what has landed."),
        N_("Open the bulk grant: its latest refresh says what failed. Mend the source, then have the view refreshed."),
    ),
    Shipped(
        "delivery.failing", Y.TRANSFER, S, 1, N_("failed batches in a row"), 0, 0, 120,
        N_("A delivery fails"),
        N_("The receiver gets nothing new of this table until the delivery is mended."),
        N_(
            "Open the delivery: its latest batch says what failed and what to do. Check address, account and "
            "table with the receiver."
        ),
    ),
    Shipped(
        "calls.refused", Y.USE, W, 0.5, N_("share of calls refused"), 300, 300, 0,
        N_("Most calls of an application are refused"),
        N_("Its case handlers get no data."),
        N_(
            "See the codes in the list of calls: an ended grant, a wrong signature or a daily limit; tell "
            "the application's unit."
        ),
    ),
    Shipped(
        "receipts.waiting", Y.TRANSFER, S, 60, N_("seconds not carried"), 0, 10, 30,
        N_("Receipts are not carried"),
        N_("Calls do not reach the list of calls and the audit trail; none is lost."),
        N_("Check that a worker runs and the database takes writes; receipts follow by themselves."),
    ),
    Shipped(
        "libraries.failing", Y.USE, W, 0, N_("failed builds"), 0, 0, 240,
        N_("A library's model does not build"),
        N_("Its readers keep the table of the build before."),
        N_("Open the build: it says which test or query failed."),
    ),
    Shipped(
        "worker.silent", Y.PLATFORM, C, 20, N_("seconds silent"), 0, 5, 15,
        N_("No worker is at work"),
        N_("Loads, checks, receipts, notices by mail and snapshots stand still; nothing is lost."),
        N_("Start it with “quanshu worker” or through the service manager; look at its last log lines."),
    ),
    Shipped(
        "outbox.stuck", Y.PLATFORM, S, 120, N_("seconds waiting"), 0, 10, 60,
        N_("Events are not delivered"),
        N_("Rooms above do not learn what happened: serving tables and notices are late."),
        N_(
            "Look at the errors of the events given up on the operations page; mend the cause, then deliver "
            "them again."
        ),
    ),
    Shipped(
        "jobs.failed", Y.PLATFORM, W, 0, N_("failed jobs in a day"), 0, 0, 0,
        N_("Background work has failed for good"),
        N_("What it was to do has not been done."),
        N_("Open the operations page, read the error, mend the cause and queue the work again."),
    ),
    Shipped(
        "jobs.waiting", Y.PLATFORM, S, 300, N_("seconds waiting"), 0, 30, 60,
        N_("Background work waits too long"),
        N_("Loads and builds start late."),
        N_("Run more workers, or more threads in each (QUANSHU_WORKER_THREADS)."),
    ),
    Shipped(
        "disk.low", Y.PLATFORM, C, 0.10, N_("share of disk free"), 0, 60, 30,
        N_("The disk is nearly full"),
        N_("When it is full the gateway answers no calls, as it cannot keep receipts, and loads fail."),
        N_("Free or add space in the folder named; old serving tables are cleared each night."),
    ),
    Shipped(
        "clock.skew", Y.PLATFORM, W, 5, N_("seconds apart"), 60, 60, 0,
        N_("Clocks are apart"),
        N_("Signatures are refused when they are five minutes apart; times in the audit trail mislead before that."),
        N_("Check time synchronisation (chrony or ntpd) of the machine named."),
    ),
    Shipped(
        "audit.waiting", Y.PLATFORM, S, 120, N_("seconds not in the tree"), 0, 30, 60,
        N_("Audit entries are not in the tree"),
        N_("They cannot be proved yet; they are kept."),
        N_("Check that a worker runs; then “quanshu verify-audit” tells whether the trail is whole."),
    ),
    Shipped(
        "mail.failing", Y.PLATFORM, W, 0, N_("mails given up in a day"), 0, 0, 0,
        N_("Notices by mail are not sent"),
        N_("People are told on their pages only."),
        N_("Check QUANSHU_SMTP_URL and the mail server; queue the failed jobs again."),
    ),
    Shipped(
        "expiry.grant", Y.USE, Severity.INFO, 30, N_("days left"), 0, 0, 0,
        N_("A grant ends soon"),
        N_("The application's calls are refused from that day."),
        N_("Ask the unit whether it still needs the data; a new demand gives a new grant."),
    ),
    Shipped(
        "expiry.key", Y.USE, W, 30, N_("days left"), 0, 0, 0,
        N_("An application's key ends soon"),
        N_("Its calls are refused from that day."),
        N_("Change the key on the application's page; old and new hold side by side for a time."),
    ),
    Shipped(
        "expiry.certificate", Y.REVIEW, Severity.INFO, 60, N_("days left"), 0, 0, 0,
        N_("A registration certificate ends soon"),
        N_("The resource is no longer registered from that day."),
        N_("Ask the holder for a change of registration."),
    ),
    Shipped(
        "calendar.missing", Y.PLATFORM, W, 31, N_("days to the new year"), 0, 0, 480,
        N_("Next year's working calendar is missing"),
        N_("Deadlines that reach into next year cannot be counted: demands and reviews cannot be begun."),
        N_("Enter the State Council's notice on holidays in the calendar, with make-up working days."),
    ),
)  # fmt: skip

# While the first fires, the others follow from it: they are not begun anew.
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "service.probe": ("gateway.silent", "worker.silent"),
    "gateway.old_snapshot": ("gateway.silent", "worker.silent"),
    "receipts.waiting": ("worker.silent",),
    "outbox.stuck": ("worker.silent",),
    "jobs.waiting": ("worker.silent",),
    "audit.waiting": ("worker.silent",),
    "clock.skew": ("gateway.silent",),
    "calls.errors": ("gateway.silent", "disk.low"),
    "bulk.errors": ("gateway.silent", "disk.low"),
    "bulk.behind": ("worker.silent", "jobs.waiting"),
}
