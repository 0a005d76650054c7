"""Subjects as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "subjects.mandate.review": _("Review mandates"),
    "subjects.self.use": _("Use one's own portal"),
}

KINDS = {
    "subjects.evidence": _("Proof handed in"),
    "subjects.mandate": _("Mandate"),
    "subjects.subject": _("Person or enterprise"),
}


JOBS = {"subjects.recheck": _("Hold representatives against the registers")}


class SubjectsConfig(AppConfig):
    name = "quanshu.sharing.subjects"
    label = "subjects"

    def ready(self) -> None:
        from quanshu.organisation.api import register_actor_source
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.files.api import in_column, register_use
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.sharing.subjects.events import SubjectEvent as E
        from quanshu.sharing.subjects.models import Mandate
        from quanshu.sharing.subjects.permissions import SubjectPermission as P
        from quanshu.sharing.subjects.queries import actor_of_session

        register_actor_source(actor_of_session)
        register_use("subjects", in_column(Mandate.objects.all, "evidence_digest"))
        register(
            NavItem("my-others", _("Acting for others"), "subjects:others", "users", "mine", 80, P.SELF),
            NavItem("my-account", _("My account"), "subjects:account", "user-circle", "mine", 90, P.SELF),
            NavItem("mandates", _("Mandates of residents"), "subjects:mandates", "user-shield", "govern", 75,
                    P.MANDATE_REVIEW),
        )  # fmt: skip
        register_labels({"subjects.mandate_review": _("Decide on a mandate")})
        register_actions(
            {
                E.ENROLLED: _("Subject enrolled"),
                E.SIGNED_IN: _("Subject signed in"),
                E.SIGNED_OUT: _("Subject signed out"),
                E.SIGN_IN_REFUSED: _("Sign-in of a subject refused"),
                E.ACTED_FOR: _("Acting for a subject"),
                E.MANDATE_ASKED: _("Mandate asked for"),
                E.MANDATE_GIVEN: _("Mandate in force"),
                E.MANDATE_REFUSED: _("Mandate refused"),
                E.MANDATE_WITHDRAWN: _("Request for a mandate withdrawn"),
                E.MANDATE_ENDED: _("Mandate ended"),
                E.EVIDENCE_KEPT: _("Proof kept"),
                E.EVIDENCE_READ: _("Proof read"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
