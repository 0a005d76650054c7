"""Where readers may call: hosts on an allow-list, at addresses that are public or allowed by network.

The name is resolved once and the connection goes to the address that was checked, so that a name
cannot point elsewhere between check and use.
"""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from quanshu.kernel.errors import Invalid, Unavailable


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be called. `hosts`: names, `*.domain`, addresses or networks, each with an optional `:port`.

    `networks`: private, loopback or otherwise special networks (CIDR) whose addresses may be used.
    """

    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = field(default=())


class HostNotAllowed(Invalid):
    """The allow-list does not name the host."""

    code = "lake.host_not_allowed"
    message = "Sources may not call %(host)s: it is not on the list of hosts of this node."
    remedy = "Have the administrator add it to QUANSHU_INTAKE_HOSTS."


class PrivateAddress(Invalid):
    """The host's address is private and its network is not allowed."""

    code = "lake.private_address"
    message = "%(host)s has a private address, and its network is not allowed."
    remedy = "Have the administrator add the network to QUANSHU_INTAKE_PRIVATE_NETWORKS."


class HostNotFound(Unavailable):
    """The name has no address."""

    code = "lake.host_not_found"
    message = "The host %(host)s is not known."
    remedy = "Check its name, and this node's name service."


def check_host(host: str, port: int, reach: Reach) -> str:
    """The address to connect to. Raises `lake.host_not_allowed`, `lake.private_address`, `lake.host_not_found`."""
    if not any(_named(entry, host.lower(), port) for entry in reach.hosts):
        raise HostNotAllowed(host=f"{host}:{port}")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HostNotFound(host=host) from error
    addresses = [str(entry[4][0]) for entry in found]
    # Every address must do: which one is used is not for the name's owner to choose.
    for address in addresses:
        check_address(host, address, reach.networks)
    return addresses[0]


def check_address(host: str, address: str, networks: Sequence[str]) -> None:
    """Refuse an address that is not public, unless one of `networks` holds it. Raises `lake.private_address`."""
    value = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(value, "ipv4_mapped", None)
    value = mapped or value
    if value.is_global and not value.is_multicast:
        return
    allowed = [ipaddress.ip_network(text, strict=False) for text in networks]
    if not any(network.version == value.version and value in network for network in allowed):
        raise PrivateAddress(host=host)


def _named(entry: str, host: str, port: int) -> bool:
    """Whether an entry of the list names the host and port."""
    name, mark, number = entry.lower().rpartition(":")
    if mark and number.isdigit() and not _is_network(entry):
        if int(number) != port:
            return False
    else:
        name = entry.lower()
    name = name.strip("[]")
    if name.startswith("*."):
        return host.endswith(name[1:])
    if name == host:
        return True
    return _is_network(name) and _in_network(host, name)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _in_network(host: str, network: str) -> bool:
    try:
        value, holder = ipaddress.ip_address(host), ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    return value.version == holder.version and value in holder
