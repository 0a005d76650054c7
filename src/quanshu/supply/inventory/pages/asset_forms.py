"""Forms and buttons of one business, system or data resource."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import ActionPage, Form, FormPage, ReasonForm
from quanshu.supply.inventory import queries, rules, services
from quanshu.supply.inventory.models import Asset
from quanshu.supply.inventory.pages import labels
from quanshu.supply.inventory.pages.assets import CRUMB
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import AssetData, AssetKind, AssetNotFound

FIELDS = ("name", "description", "priority", "task", "basis", "network", "protection", "form", "cycle")


class AssetForm(Form):
    """What is entered for one kind."""

    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    code = forms.CharField(
        label=gettext_lazy("Code"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Your own code, unique in the city; left empty, one is issued."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"),
        choices=list(labels.PRIORITIES.items()),
        initial="normal",
        help_text=gettext_lazy("It counts most in the ranking of gaps."),
    )
    task = forms.CharField(
        label=gettext_lazy("Clause or task"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("The clause, plan or task it serves, for example 2.1.3."),
    )
    basis = forms.CharField(
        label=gettext_lazy("Legal basis"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("The law or list of duties the business rests on."),
    )
    network = forms.ChoiceField(label=gettext_lazy("Network"), required=False,
                                choices=[("", "—"), *labels.NETWORKS.items()])  # fmt: skip
    protection = forms.ChoiceField(label=gettext_lazy("Graded protection"), required=False,
                                   choices=[("", "—"), *((text, text) for text in "12345")])  # fmt: skip
    form = forms.ChoiceField(label=gettext_lazy("Form of the data"), required=False,
                             choices=[("", "—"), *labels.FORMS.items()])  # fmt: skip
    cycle = forms.ChoiceField(label=gettext_lazy("Update cycle"), required=False,
                              choices=[("", "—"), *labels.CYCLES.items()])  # fmt: skip
    entry_code = forms.CharField(
        label=gettext_lazy("Resource code"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("The code of its catalogue entry, for example 201001/000001."),
    )

    def __init__(self, *args: Any, kind: str, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if units:
            self.fields["unit"].choices = units  # type: ignore[attr-defined]
        else:
            del self.fields["unit"], self.fields["code"]
        for name, only in rules.ONLY_FOR.items():
            if only != kind:
                del self.fields[name]

    def data_entered(self) -> AssetData:
        """The cleaned values as what the services take."""
        names = (*FIELDS, "entry_code")
        return AssetData(**{name: self.cleaned_data[name] for name in names if name in self.fields})


class NewAsset(FormPage):
    """Enter an object."""

    permission = P.EDIT
    form_class = AssetForm
    success = gettext_lazy("Entered. Link it with what stands above and below it.")
    cancel_url = "/inventory/"

    @property
    def kind(self) -> str:
        kind: str = self.kwargs["kind"]
        if kind not in set(AssetKind):
            raise AssetNotFound(code=kind)
        return kind

    def page_title(self) -> Any:
        return labels.NEW[self.kind]

    def crumbs(self) -> Any:
        return (CRUMB,)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        units = [(unit.uid, str(unit)) for unit in queries.units_to_edit(self.actor).order_by("path")]
        return {"kind": self.kind, "units": units}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"unit": self.actor.unit_uid}

    def save(self, form: Any, **kwargs: Any) -> str:
        unit = queries.units_to_edit(self.actor).get(uid=form.cleaned_data["unit"])
        asset = services.create_asset(
            actor=self.actor,
            now=self.now,
            unit=unit,
            kind=self.kind,
            data=form.data_entered(),
            code=form.cleaned_data["code"],
        )
        return asset.get_absolute_url()


class OfAsset(FormPage):
    """What the forms of one object share."""

    permission = P.EDIT

    def asset(self) -> Asset:
        return queries.get_asset(actor=self.actor, uid=self.kwargs["uid"])

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return self.asset().get_absolute_url()

    def page_title(self) -> Any:
        return f"{self.title} · {self.asset()}"

    def crumbs(self) -> Any:
        return (CRUMB, (str(self.asset()), self.cancel_url))


class ChangeAsset(OfAsset):
    """Change what is said of an object."""

    title = gettext_lazy("Edit")
    form_class = AssetForm

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"kind": self.asset().kind, "units": []}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        asset = self.asset()
        values = {name: getattr(asset, name) for name in FIELDS}
        return {**values, "entry_code": asset.entry.code if asset.entry else ""}

    def save(self, form: Any, **kwargs: Any) -> str:
        asset, _changed = services.update_asset(
            actor=self.actor, now=self.now, asset=self.asset(), data=form.data_entered()
        )
        return asset.get_absolute_url()


class RetireAsset(OfAsset):
    """Take an object out of use with a reason."""

    title = gettext_lazy("Take out of use")
    form_class = ReasonForm
    submit_label = gettext_lazy("Take out of use")
    success = gettext_lazy("It is out of use; its links count no more.")

    def save(self, form: Any, **kwargs: Any) -> str:
        reason = form.cleaned_data["reason"]
        return services.retire_asset(
            actor=self.actor, now=self.now, asset=self.asset(), reason=reason
        ).get_absolute_url()


class RestoreAsset(ActionPage):
    """Bring an object back into use."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        asset = queries.get_asset(actor=self.actor, uid=kwargs["uid"])
        services.restore_asset(actor=self.actor, now=self.now, asset=asset)
        return _("It is in use again."), asset.get_absolute_url()


class LinkForm(Form):
    """The other end of a link, by its code, with those of one's own to choose from."""

    other = forms.CharField(
        label=gettext_lazy("Code of the other end"),
        max_length=40,
        widget=forms.TextInput(attrs={"list": "inventory-codes", "autocomplete": "off"}),
        help_text=gettext_lazy("Begin to type a code or a name and choose; codes stand in the inventory's list."),
    )


class LinkAsset(OfAsset):
    """Link an object with another."""

    title = gettext_lazy("Add a link")
    form_class = LinkForm
    template_name = "inventory/link.html"
    submit_label = gettext_lazy("Link")
    success = gettext_lazy("Linked. Gaps follow in a few seconds.")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        asset = self.asset()
        kinds = [kind for kind in AssetKind if {(asset.kind, kind), (kind, asset.kind)} & rules.LINKS]
        rows = queries.list_assets(self.actor).filter(kind__in=kinds, state="active").exclude(pk=asset.pk)
        options = [(row.code, f"{row.name} · {labels.KINDS[row.kind]} · {row.unit}") for row in rows[:500]]
        return {"options": options, "kinds": "、".join(str(labels.KINDS[kind]) for kind in kinds)}

    def save(self, form: Any, **kwargs: Any) -> str:
        asset = self.asset()
        other = queries.get_asset(actor=self.actor, uid=form.cleaned_data["other"].strip())
        upper, lower = (asset, other) if (other.kind, asset.kind) not in rules.LINKS else (other, asset)
        services.link_assets(actor=self.actor, now=self.now, upper=upper, lower=lower)
        return asset.get_absolute_url()


class UnlinkAsset(OfAsset):
    """Take a link away, after a look at what it is."""

    title = gettext_lazy("Take the link away")
    form_class = Form
    template_name = "inventory/unlink.html"
    submit_label = gettext_lazy("Take the link away")
    success = gettext_lazy("The link is gone. Gaps follow in a few seconds.")

    def other(self) -> Asset:
        return queries.get_asset(actor=self.actor, uid=self.kwargs["other"])

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"one": self.asset(), "other": self.other()}

    def save(self, form: Any, **kwargs: Any) -> str:
        asset, other = self.asset(), self.other()
        upper, lower = (asset, other) if (other.kind, asset.kind) not in rules.LINKS else (other, asset)
        services.unlink_assets(actor=self.actor, now=self.now, upper=upper, lower=lower)
        return asset.get_absolute_url()
