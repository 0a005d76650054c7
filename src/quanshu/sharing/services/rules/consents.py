"""On what ground a service may tell of people and enterprises: their consent, or a law that is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.gateway.consent_specs import ConsentSpec
from quanshu.kernel.errors import FieldError
from quanshu.kernel.identifiers.subject import SubjectKind
from quanshu.sharing.services.types import ConsentMode, ConsentTerms, GroundMissing, ServiceData, Shape
from quanshu.supply.catalogue.api import Grade, ItemData

BASIS_LONGEST = 300
SENSITIVE = frozenset({Grade.GENERAL_3, Grade.GENERAL_4})
ALWAYS_SENSITIVE = frozenset({Grade.IMPORTANT, Grade.CORE})


def terms_in(spec: Mapping[str, Any]) -> ConsentTerms:
    """The ground that a kept service answers on; one kept before grounds were asked for has none."""
    return ConsentTerms(**spec.get("consent", {}))


def consent_spec(spec: Mapping[str, Any], digest_of: Callable[[str, str], str]) -> ConsentSpec | None:
    """Whose consent a service asks for, as gateways know it; None when it answers on another ground.

    `digest_of(kind, number)` is the reference of a subject. The live check asks for the example alone, which is
    nobody: it needs no consent.
    """
    terms = terms_in(spec)
    if terms.mode != ConsentMode.CONSENT:
        return None
    example = next(part["example"] for part in spec["parameters"] if part["name"] == terms.parameter)
    return ConsentSpec(terms.parameter, terms.subject, digest_of(terms.subject, example))


def is_sensitive(item: ItemData) -> bool:
    """Whether an item is told only on a ground: personal data of level 3 or 4, and important data (GB/T 43697)."""
    return item.grade in ALWAYS_SENSITIVE or (item.personal and item.grade in SENSITIVE)


def sensitive_names(names: Iterable[str], items: Mapping[str, ItemData]) -> list[str]:
    """Those of the items told that need a ground."""
    return [name for name in names if name in items and is_sensitive(items[name])]


def told(data: ServiceData) -> tuple[str, ...]:
    """What a call learns of: fields of a query, compared items of a verification.

    A statistic tells of nobody, and a composite only what its parts tell, each on its own ground.
    """
    if data.shape == Shape.VERIFY:
        return tuple(part.name for part in data.parameters if part.compare)
    return tuple(part.name for part in data.fields) if data.shape == Shape.QUERY else ()


def terms_faults(data: ServiceData) -> list[FieldError]:
    """Faults of the ground as it is entered."""
    terms = data.consent
    if terms.mode not in set(ConsentMode):
        return [FieldError("consent_mode", N_("There is no such ground."), N_("Choose one of the list."))]
    if terms.mode == ConsentMode.STATUTORY:
        return basis_faults(terms.basis)
    if terms.mode == ConsentMode.NONE:
        return []
    if data.shape not in {Shape.QUERY, Shape.VERIFY}:
        fault = N_("Only a query or a verification asks for consent.")
        return [FieldError("consent_mode", fault, N_("Its parts ask for it, each for itself."))]
    if terms.subject not in set(SubjectKind):
        fault = N_("Consent is a person's or an enterprise's.")
        return [FieldError("consent_subject", fault, N_("Choose one of the two."))]
    return subject_faults(data, terms)


def basis_faults(basis: str) -> list[FieldError]:
    """A statutory basis names the law and its article."""
    if not basis.strip():
        fault = N_("No law is named.")
        return [FieldError("statutory_basis", fault, N_("Name the law and its article."))]
    if len(basis) > BASIS_LONGEST:
        return [FieldError("statutory_basis", N_("This text is too long."), N_("Shorten it."))]
    return []


def subject_faults(data: ServiceData, terms: ConsentTerms) -> list[FieldError]:
    """The parameter that names the subject is searched by in every call, so that every row found is the subject's."""
    named = next((part for part in data.parameters if part.name == terms.parameter), None)
    if named is None or named.compare or not named.required:
        fault = N_("Whose data is asked for must be a required parameter that is searched by.")
        return [FieldError("consent_parameter", fault, N_("Choose such a parameter."))]
    return []


def gives_way(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether an old version ends at once beside a newer one: that asks for consent, and it tells on no ground of its
    own. One that a law is named for answers until its printed end."""
    return terms_in(new).mode == ConsentMode.CONSENT and terms_in(old).mode == ConsentMode.NONE


def check_ground_held(
    data: ServiceData, items: Mapping[str, ItemData], before: Mapping[str, ItemData] | None = None
) -> None:
    """What an item's risen grade makes sensitive has a ground. Raises GroundMissing naming the items.

    `before` are the items as they were: what was sensitive already, before grounds were asked for, goes on.
    """
    old = sensitive_names(told(data), before or {})
    names = [name for name in sensitive_names(told(data), items) if name not in old]
    if names and data.consent.mode == ConsentMode.NONE:
        raise GroundMissing(items=", ".join(names))


def check_ground(data: ServiceData, items: Mapping[str, ItemData]) -> None:
    """What needs a ground has one before it is published. Raises GroundMissing naming the items."""
    check_ground_held(data, items)
