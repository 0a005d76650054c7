"""The door of registration."""

from __future__ import annotations

from quanshu.supply.registration.events import RegistrationEvent
from quanshu.supply.registration.models import Application, Certificate, Material, Objection
from quanshu.supply.registration.permissions import RegistrationPermission
from quanshu.supply.registration.services import (
    apply_first,
    apply_further,
    attach_material,
    conclude_application,
    decide_objection,
    file_objection,
    judge_materials,
    pass_application,
    publish_application,
    return_application,
    submit_application,
)
from quanshu.supply.registration.types import (
    ApplicationData,
    ApplicationKind,
    ApplicationState,
    MaterialKind,
    MaterialWord,
    ObjectionData,
    Verdict,
)

__all__ = [
    "Application",
    "ApplicationData",
    "ApplicationKind",
    "ApplicationState",
    "Certificate",
    "Material",
    "MaterialKind",
    "MaterialWord",
    "Objection",
    "ObjectionData",
    "RegistrationEvent",
    "RegistrationPermission",
    "Verdict",
    "apply_first",
    "apply_further",
    "attach_material",
    "conclude_application",
    "decide_objection",
    "file_objection",
    "judge_materials",
    "pass_application",
    "publish_application",
    "return_application",
    "submit_application",
]
