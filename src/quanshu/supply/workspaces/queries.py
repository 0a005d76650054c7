"""Reads of workspaces."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet
from pypinyin import Style, lazy_pinyin

from quanshu.shared.access.api import Actor, find_seen
from quanshu.supply.catalogue.api import Entry, list_entries
from quanshu.supply.workspaces.models import Draft, Table, Workspace
from quanshu.supply.workspaces.types import DraftState, TableState, WorkspaceNotFound


def list_workspaces(actor: Actor) -> QuerySet[Workspace]:
    """Workspaces the actor may see, with how many tables and drafts each has."""
    return (
        Workspace.objects.visible_to(actor)
        .select_related("unit")
        .annotate(
            tables_granted=Count("tables", filter=Q(tables__state=TableState.GRANTED), distinct=True),
            drafts_live=Count("drafts", filter=~Q(drafts__state=DraftState.DROPPED), distinct=True),
        )
    )


def get_workspace(*, actor: Actor, uid: str) -> Workspace:
    """A workspace the actor may see. Raises `workspaces.not_found`."""
    return find_seen(Workspace.objects.visible_to(actor).select_related("unit"), uid, WorkspaceNotFound())


def list_tables(actor: Actor) -> QuerySet[Table]:
    """Tables asked for, as asker or as the data's owner."""
    return Table.objects.visible_to(actor).select_related("entry__unit", "workspace__unit")


def get_table(*, actor: Actor, uid: str) -> Table:
    """One of them. Raises `workspaces.not_found`."""
    return find_seen(list_tables(actor), uid, WorkspaceNotFound())


def list_drafts(actor: Actor) -> QuerySet[Draft]:
    """Drafts the actor may see."""
    return Draft.objects.visible_to(actor).select_related("workspace__unit")


def get_draft(*, actor: Actor, uid: str) -> Draft:
    """One of them. Raises `workspaces.not_found`."""
    return find_seen(list_drafts(actor), uid, WorkspaceNotFound())


def askable_entries(actor: Actor) -> QuerySet[Entry]:
    """Published entries with data, which a workspace may ask for."""
    return list_entries(actor).filter(published_version__isnull=False, landed_at__isnull=False).exclude(share_type="3")


def alias_for(name: str, taken: Sequence[str] = ()) -> str:
    """A short name for a table from its Chinese one: the initials of its pinyin, made unlike those taken."""
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore")).lower()
    base = "".join(character for character in initials if character.isascii() and character.isalnum())[:30]
    base = base if base[:1].isalpha() else f"t{base}"
    alias, number = base, 2
    while alias in taken:
        alias, number = f"{base}{number}", number + 1
    return alias
