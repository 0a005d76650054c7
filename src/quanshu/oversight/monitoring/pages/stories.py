"""A call's whole story, found by its receipt id."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.monitoring import queries
from quanshu.oversight.monitoring.pages import labels
from quanshu.oversight.monitoring.pages.links import story_url
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.queries.story import Story
from quanshu.shared.web.api import Form, FormPage, Page, when, who
from quanshu.sharing.desk.api import outcome_label
from quanshu.supply.catalogue.api import in_language, item_titles

Fact = tuple[Any, Any]
HIDDEN = {
    "grant": gettext_lazy("The grant is not one you may see."),
    "demand": gettext_lazy("The demand is not one you may see."),
    "batches": gettext_lazy("The batches are the supplier's and not for you to see."),
}


class StoryForm(Form):
    """The receipt."""

    receipt_id = forms.CharField(
        label=gettext_lazy("Receipt id"),
        max_length=60,
        help_text=gettext_lazy("From the header X-Receipt-Id or the answer."),
    )


class FindStory(FormPage):
    """Search by receipt id."""

    title = gettext_lazy("A call's story")
    subtitle = gettext_lazy("From the receipt back to the batch the data came with.")
    permission = P.VIEW
    form_class = StoryForm
    submit_label = gettext_lazy("Find")
    success = ""

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Monitoring"), reverse("monitoring:overview"))]

    def save(self, form: Any, **kwargs: Any) -> str:
        story = queries.call_story(actor=self.actor, receipt_id=form.cleaned_data["receipt_id"])
        return story_url(story.call.receipt_id)


def called(story: Story) -> list[Fact]:
    """The receipt."""
    call = story.call
    return [
        (_("Receipt"), call.receipt_id),
        (_("Time"), when(call.at)),
        (_("Outcome"), outcome_label(call.outcome)),
        (_("Application"), f"{call.consumer} · {call.consumer.unit}" if call.consumer else call.rid),
        (_("Case number"), call.case_number),
        (_("Rows"), f"{call.rows:,}"),
        (_("Took, ms"), f"{call.duration_us / 1000:.1f}"),
        (_("Carried after"), labels.lasting(call.carried_at - call.at) if call.carried_at else ""),
        (_("Trace"), call.trace_id),
    ]


def allowed(story: Story) -> list[Fact]:
    """Grant and demand."""
    grant, demand = story.grant, story.demand
    facts: list[Fact] = []
    if grant is not None:
        facts += [
            (_("Purpose"), grant.purpose),
            (
                _("Fields"),
                in_language("、", ", ").join(item_titles(story.entry, grant.fields) if story.entry else grant.fields),
            ),
            (_("Valid"), f"{when(grant.valid_from)} – {when(grant.valid_until)}"),
            (_("Granted by"), who(grant.created_by)),
        ]
    if demand is not None:
        facts += [(_("Demand"), str(demand)), (_("Legal basis"), demand.legal_basis)]
    return facts


def served(story: Story) -> list[Fact]:
    """Service version, serving table, the data's version."""
    call, version, serving, entry = story.call, story.version, story.serving, story.entry
    facts: list[Fact] = [(_("Service"), f"{call.service.title} ({call.sid})" if call.service else call.sid)]
    if version is not None:
        facts += [(_("Version"), f"{version.number} · {when(version.published_at)} · {version.published_by}")]
    facts += [(_("Snapshot"), str(call.snapshot_version))]
    if serving is not None:
        facts += [
            (_("Serving table"), serving.file),
            (_("Built"), when(serving.at)),
            (_("Rows in it"), f"{serving.rows:,}"),
            (_("Table of the lake"), f"{serving.lake_table} v{serving.lake_version}"),
        ]
    if entry is not None:
        facts += [(_("Catalogue entry"), f"{entry.code} {entry.title} · {entry.unit}")]
    return facts


class StoryPage(Page):
    """Receipt → grant → demand → service → serving table → lake → batches → audit."""

    permission = P.VIEW
    template_name = "monitoring/story.html"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [
            (gettext_lazy("Monitoring"), reverse("monitoring:overview")),
            (gettext_lazy("A call's story"), reverse("monitoring:find-story")),
        ]

    def page_title(self) -> Any:
        return _("Story of call %(receipt)s") % {"receipt": self.kwargs["receipt_id"]}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        story = queries.call_story(actor=self.actor, receipt_id=kwargs["receipt_id"])

        def clean(facts: list[Fact]) -> list[Fact]:
            return [(label, value) for label, value in facts if value]

        return {
            "story": story,
            "called": clean(called(story)),
            "allowed": clean(allowed(story)),
            "served": clean(served(story)),
            "hidden": [HIDDEN[name] for name in story.hidden],
        }
