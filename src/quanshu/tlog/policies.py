"""Trust policies (c2sp.org/tlog-policy): which logs are known, and which witnesses make a checkpoint good."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from quanshu.tlog.errors import BadKey, BadPolicy, TooFewWitnesses
from quanshu.tlog.keys import COSIGNATURE, ED25519, SM2, VerifierKey

NONE = "none"
ALLOWED = re.compile(rb"[\x09\x0a\x20-\x7e\x80-\xff]*")
COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these names must have witnessed."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """Logs and witnesses by their keys, groups of witnesses, and the quorum: a name of either, or `none`."""

    logs: tuple[VerifierKey, ...] = ()
    witnesses: Mapping[str, VerifierKey] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE
    addresses: Mapping[str, str] = field(default_factory=dict)

    def logs_of(self, origin: str) -> tuple[VerifierKey, ...]:
        """Keys of the log with this origin."""
        return tuple(key for key in self.logs if key.name == origin)

    def met_by(self, names: Iterable[str]) -> bool:
        """Whether these witnesses are enough."""
        if self.quorum == NONE:
            return True
        met = set(names)
        # Groups stand after their members, however deep they nest.
        for name, group in self.groups.items():
            if sum(member in met for member in group.members) >= group.least:
                met.add(name)
        return self.quorum in met

    def check(self, keys: Iterable[VerifierKey]) -> tuple[str, ...]:
        """The policy's names of the witnesses among `keys`. Raises `tlog.too_few_witnesses`."""
        held = {str(key) for key in keys}
        names = tuple(name for name, key in self.witnesses.items() if str(key) in held)
        if not self.met_by(names):
            raise TooFewWitnesses(count=len(names), names=", ".join(names) or "–")
        return names

    def __str__(self) -> str:
        """The policy as a file."""
        lines = [" ".join(filter(None, ("log", str(key), self.addresses.get(str(key))))) for key in self.logs]
        lines += [
            " ".join(filter(None, ("witness", name, str(key), self.addresses.get(str(key)))))
            for name, key in self.witnesses.items()
        ]
        lines += [f"group {name} {group.least} {' '.join(group.members)}" for name, group in self.groups.items()]
        return "\n".join([*lines, f"quorum {self.quorum}", ""])


def threshold_policy(
    logs: Sequence[VerifierKey],
    witnesses: Sequence[VerifierKey],
    least: int,
    addresses: Mapping[str, str] | None = None,
) -> Policy:
    """`least` of the witnesses; 0 asks for none."""
    named = {key.name: key for key in witnesses}
    if not least or not named:
        return Policy(tuple(logs), named, addresses=addresses or {})
    group = Group(least, tuple(named))
    return Policy(tuple(logs), named, {"witnesses": group}, "witnesses", addresses or {})


class Reading:
    """One pass over a policy file."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.addresses: dict[str, str] = {}
        self.members: set[str] = set()
        self.publics: set[tuple[str, bytes]] = set()
        self.quorum = ""

    def take(self, words: Sequence[str]) -> None:
        """One line's words. ValueError with the fault."""
        readers = {"log": self.log, "witness": self.witness, "group": self.group, "quorum": self.take_quorum}
        reader = readers.get(words[0])
        if reader is None:
            raise ValueError(f"“{words[0][:30]}” begins no line of a policy.")
        reader(words[1:])

    def key(self, text: str, role: str, kinds: Sequence[bytes]) -> VerifierKey:
        try:
            found = VerifierKey.parse(text)
        except BadKey as fault:
            raise ValueError(fault.render()) from fault
        if found.kind not in kinds:
            raise ValueError(f"a {role} does not sign with a key of this type.")
        if (role, found.public) in self.publics:
            raise ValueError(f"the key of this {role} is there twice.")
        self.publics.add((role, found.public))
        return found

    def log(self, words: Sequence[str]) -> None:
        if len(words) not in {1, 2}:
            raise ValueError("a log is “log <vkey> [<url>]”.")
        key = self.key(words[0], "log", (ED25519, SM2, COSIGNATURE))
        self.logs.append(key)
        self.addresses |= {str(key): words[1]} if words[1:] else {}

    def witness(self, words: Sequence[str]) -> None:
        if len(words) not in {2, 3}:
            raise ValueError("a witness is “witness <name> <vkey> [<url>]”.")
        self.check_new(words[0])
        key = self.key(words[1], "witness", (COSIGNATURE,))
        self.witnesses[words[0]] = key
        self.addresses |= {str(key): words[2]} if words[2:] else {}

    def check_new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise ValueError(f"the name “{name}” is taken.")

    def group(self, words: Sequence[str]) -> None:
        if len(words) < 3:
            raise ValueError("a group is “group <name> <k> <name>...”.")
        name, least, *members = words
        self.check_new(name)
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                raise ValueError(f"“{member}” is not defined above.")
            if member in self.members:
                raise ValueError(f"“{member}” is a member of a group already.")
            self.members.add(member)
        count = {"any": 1, "all": len(members)}.get(least) or (int(least) if COUNT.fullmatch(least) else 0)
        if not 1 <= count <= len(members):
            raise ValueError(f"“{least[:30]}” of {len(members)} cannot be asked for.")
        self.groups[name] = Group(count, tuple(members))

    def take_quorum(self, words: Sequence[str]) -> None:
        if len(words) != 1 or self.quorum:
            raise ValueError("there is one line “quorum <name>”.")
        if words[0] != NONE and words[0] not in self.witnesses and words[0] not in self.groups:
            raise ValueError(f"“{words[0]}” is not defined above.")
        self.quorum = words[0]


def parse_policy(text: str) -> Policy:
    """Read a policy file. Raises `tlog.bad_policy` with the line and what is wrong with it."""
    raw = text.encode()
    if not ALLOWED.fullmatch(raw):
        raise BadPolicy(line=1, fault="there are control characters in the file.")
    reading, number = Reading(), 0
    for number, line in enumerate(text.split("\n"), start=1):
        words = [word for word in re.split(r"[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reading.take(words)
        except ValueError as fault:
            raise BadPolicy(line=number, fault=str(fault)) from fault
    if not reading.quorum:
        raise BadPolicy(line=number, fault="no line “quorum <name>” is there.")
    return Policy(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum, reading.addresses)
