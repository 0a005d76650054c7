"""What a census found: entries to revise or withdraw, data sets to catalogue, and how it compares with the last."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, Page, reason_against
from quanshu.supply.catalogue.api import CataloguePermission
from quanshu.supply.census import queries, rules, services
from quanshu.supply.census.models import Campaign, Confirmation, Finding
from quanshu.supply.census.pages import labels
from quanshu.supply.census.permissions import CensusPermission as P
from quanshu.supply.census.types import Verdict

SHOWN = 200


class Results(Page):
    """The results of a census."""

    permission = P.VIEW
    template_name = "web/cards.html"

    def campaign(self) -> Campaign:
        return queries.get_campaign(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> Any:
        return f"{_('Results')} · {self.campaign()}"

    def crumbs(self) -> Any:
        campaign = self.campaign()
        return ((_("Data census"), reverse("census:campaigns")), (campaign.title, campaign.get_absolute_url()))

    def context(self, **kwargs: Any) -> dict[str, Any]:
        campaign = self.campaign()
        follow = [self.follow_row(row) for row in queries.to_follow(self.actor, campaign)[:SHOWN]]
        found = [self.found_row(row) for row in queries.findings_of(self.actor, campaign)[:SHOWN]]
        return {
            "cards": [
                self.comparison(campaign),
                Card(
                    _("Entries to revise or withdraw"),
                    note=_("Of accepted filings. The step is the catalogue's own; it may also be taken there."),
                    template="census/follow.html",
                    values={"rows": follow},
                ),
                Card(
                    _("Data sets found"),
                    note=_("Once its filing is accepted, a data set becomes a draft entry with one click."),
                    template="census/found.html",
                    values={"rows": found},
                ),
            ]
        }

    def comparison(self, campaign: Campaign) -> Card:
        """This census beside the one before."""
        now = queries.campaign_figures(campaign, self.actor)
        before = queries.previous_campaign(campaign)
        then = queries.campaign_figures(before, self.actor) if before else None
        names = (
            ("units", _("Units asked")),
            ("accepted", _("Filings accepted")),
            ("entries", _("Catalogue entries")),
            ("true", _("Still true")),
            ("changed", _("Has changed")),
            ("obsolete", _("Obsolete")),
            ("found", _("Newly reported")),
        )
        rows = []
        for name, label in names:
            value, last = getattr(now, name), getattr(then, name) if then else None
            difference = None if last is None else f"{value - last:+d}"
            rows.append({"label": label, "now": value, "then": last, "difference": difference})
        columns = (
            Column("label", _("Figure")),
            Column("now", _("This census"), kind="number"),
            Column("then", before.title if before else _("The census before"), kind="number"),
            Column("difference", _("Difference"), kind="number"),
        )
        drafted, followed = queries.follow_figures(campaign, self.actor)
        facts = [(_("Draft entries made"), str(drafted)), (_("Followed in the catalogue"), str(followed))]
        note = "" if before else _("This is the first census; the next will be compared with it.")
        return Card(_("Compared with the last census"), note=note, facts=facts, columns=columns, rows=rows)

    def follow_row(self, row: Confirmation) -> dict[str, Any]:
        """One entry with the button of its step."""
        obsolete = row.verdict == Verdict.OBSOLETE
        permission = CataloguePermission.WITHDRAW if obsolete else CataloguePermission.EDIT
        action = None
        if row.followed_at is None and allows(self.actor, permission, row.entry):
            url = reverse("census:follow", args=[row.filing.uid, row.entry.uid])
            label = _("Take the entry out of force") if obsolete else _("Revise")
            action = Action(label, url, "archive" if obsolete else "pencil", "outline-primary")
        return {
            "row": row,
            "verdict": labels.VERDICTS[row.verdict],
            "tone": labels.VERDICT_TONES[row.verdict],
            "action": action,
        }

    def found_row(self, row: Finding) -> dict[str, Any]:
        """One data set with the button that drafts its entry."""
        action = None
        if row.entry is None and allows(self.actor, CataloguePermission.EDIT, row.filing):
            reason = reason_against(rules.check_draft, filing_state=row.filing.state, drafted=False)
            url = reverse("census:draft", args=[row.uid])
            action = Action(_("Make a draft entry"), url, "file-plus", "outline-primary", reason=reason)
        return {"row": row, "cycle": labels.CYCLES[row.update_cycle], "action": action}


class Follow(ActionPage):
    """Take the catalogue's step for an entry found changed or obsolete."""

    permission = P.VIEW

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        row = queries.get_confirmation(actor=self.actor, filing_uid=kwargs["uid"], entry_uid=kwargs["entry"])
        entry = services.follow_entry(actor=self.actor, now=self.now, confirmation=row)
        text = _("Its next version is open as a draft.") if entry.state == "draft" else _("Taken out of force.")
        return text, entry.get_absolute_url()


class Draft(ActionPage):
    """Make a draft entry of a data set found."""

    permission = P.VIEW

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        finding = queries.get_finding(actor=self.actor, uid=kwargs["uid"])
        entry = services.draft_from_finding(actor=self.actor, now=self.now, finding=finding)
        return _("Drafted. Add its items, grade them and submit it."), entry.get_absolute_url()
