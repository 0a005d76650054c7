"""Subjects as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubjectsConfig(AppConfig):
    name = "quanshu.sharing.subjects"
    label = "subjects"

    def ready(self) -> None:
        from quanshu.organisation.api import register_actor_source
        from quanshu.shared.audit.api import register_actions
        from quanshu.sharing.subjects.events import SubjectEvent
        from quanshu.sharing.subjects.queries import actor_of_session

        register_actor_source(actor_of_session)
        register_actions({SubjectEvent.ENROLLED: _("Subject enrolled"), SubjectEvent.SIGNED_IN: _("Subject signed in")})
