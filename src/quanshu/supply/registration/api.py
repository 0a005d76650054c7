"""The door of registration."""

from __future__ import annotations

from quanshu.supply.registration.events import RegistrationEvent
from quanshu.supply.registration.models import Application, Certificate, Objection
from quanshu.supply.registration.permissions import RegistrationPermission
from quanshu.supply.registration.services import (
    apply_first,
    apply_further,
    conclude_application,
    decide_objection,
    file_objection,
    pass_application,
    publish_application,
    submit_application,
)
from quanshu.supply.registration.types import ApplicationData, ApplicationKind, ApplicationState, ObjectionData

__all__ = [
    "Application",
    "ApplicationData",
    "ApplicationKind",
    "ApplicationState",
    "Certificate",
    "Objection",
    "ObjectionData",
    "RegistrationEvent",
    "RegistrationPermission",
    "apply_first",
    "apply_further",
    "conclude_application",
    "decide_objection",
    "file_objection",
    "pass_application",
    "publish_application",
    "submit_application",
]
