"""Files of a node damaged on disk: the gateway goes on with what it had, and the node mends itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.snapshot import current_version
from support_node import Node, a_node, wait_until
from support_services import PERSON, QUERY

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with a_node(tmp_path_factory.mktemp("damage") / "node") as node:
        node.up()
        yield node


def code_of(node: Node) -> str:
    """What a call is answered with now."""
    application = node.made["applications"][0]
    with GatewayClient(node.gateway, application["rid"], application["secret"]) as client:
        return str(client.call(QUERY.sid, {"citizen_id": PERSON}).body["code"])


def health(node: Node) -> dict[str, object]:
    body: dict[str, object] = httpx.get(f"{node.gateway}/health", timeout=2, trust_env=False).json()
    return body


PROBE = """
from quanshu.kernel.clock import now
from quanshu.sharing.services.api import probe_services
probe_services(now())
"""


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def turn(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def remove(path: Path) -> None:
    path.unlink()


def gibberish(path: Path) -> None:
    path.write_bytes(b"\xff\x00 no number")


@pytest.mark.parametrize(
    ("which", "damage"),
    [
        ("json", cut),
        ("json", turn),
        ("json", remove),
        ("sig", turn),
        ("sig", remove),
        ("current", gibberish),
        ("current", remove),
    ],
)
def test_a_damaged_snapshot_is_published_anew_and_calls_go_on(
    node: Node, which: str, damage: Callable[[Path], None]
) -> None:
    folder = node.home / "gateway"
    version = current_version(folder)
    path = folder / "current" if which == "current" else folder / f"snapshot-{version}.{which}"
    damage(path)
    assert code_of(node) == "ok"
    wait_until(lambda: (current_version(folder) or 0) > (version or 0), 30, "no new snapshot was published")
    wait_until(lambda: health(node)["snapshot_version"] == current_version(folder), 10)
    assert (code_of(node), health(node)["fault"]) == ("ok", "")


def test_a_gateway_that_starts_on_a_damaged_snapshot_says_so_and_heals(node: Node) -> None:
    folder = node.home / "gateway"
    version = current_version(folder)
    turn(folder / f"snapshot-{version}.sig")
    node.kill("gateway")
    wait_until(lambda: node.child("gateway") is not None, 20)
    wait_until(node.answers, 60, "the gateway did not heal")
    assert code_of(node) == "ok"
    assert (current_version(folder) or 0) > (version or 0)


def test_an_older_snapshot_put_in_its_place_widens_nothing_for_long(node: Node) -> None:
    folder = node.home / "gateway"
    version = current_version(folder) or 0
    (folder / "current").write_text(str(version - 1))
    wait_until(lambda: "older" in str(health(node)["fault"]) or health(node)["snapshot_version"] != version, 10)
    wait_until(lambda: (current_version(folder) or 0) > version, 30)
    wait_until(lambda: health(node)["fault"] == "", 10)


@pytest.mark.parametrize("damage", [cut, remove, gibberish])
def test_a_damaged_serving_table_is_built_anew(node: Node, damage: Callable[[Path], None]) -> None:
    path = next((node.home / "serving").glob("*.sqlite"))
    path.chmod(0o644)
    damage(path)
    # A gateway process that holds the file open may go on answering from it; one that starts anew cannot.
    node.kill("gateway")
    wait_until(node.answers, 60)
    if damage is not gibberish:
        assert code_of(node) in {"gateway.table_missing", "ok"}
    node.inside(PROBE)
    wait_until(lambda: code_of(node) == "ok", 60, "the table was not built anew")


def test_what_was_mended_stands_on_the_audit_trail(node: Node) -> None:
    found = node.inside(
        "from quanshu.shared.audit.models import AuditEntry\n"
        'answer = sorted(set(AuditEntry.objects.filter(action__endswith=".mended").values_list("action", flat=True)))'
    )
    assert found == ["services.snapshot.mended", "services.table.mended"]
