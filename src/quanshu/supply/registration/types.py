"""Values of registration; no Django."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from quanshu.kernel.errors import Conflict, NotFound, TooMany, fill


class ApplicationKind(StrEnum):
    """首次登记, 变更登记, 转移登记, 注销登记."""

    FIRST = "first"
    CHANGE = "change"
    TRANSFER = "transfer"
    CANCEL = "cancel"


class ApplicationState(StrEnum):
    DRAFT = "draft"
    ACCEPTING = "accepting"
    FORMAL = "formal"
    MATERIAL = "material"
    PUBLICITY = "publicity"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class CertificateState(StrEnum):
    VALID = "valid"
    REPLACED = "replaced"
    CANCELLED = "cancelled"


class ObjectionState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


class Right(StrEnum):
    """The three rights set apart: 数据资源持有权, 数据加工使用权, 数据产品经营权."""

    HOLD = "hold"
    PROCESS = "process"
    OPERATE = "operate"


class MaterialKind(StrEnum):
    """数据来源证明, 合法性说明, 安全评估, 授权协议, 其他."""

    SOURCE = "source"
    LEGALITY = "legality"
    SECURITY = "security"
    AGREEMENT = "agreement"
    OTHER = "other"


class Verdict(StrEnum):
    """The reviewer's word on a material; none yet is an empty text."""

    COMPLETE = "complete"
    LACKING = "lacking"


@dataclass(frozen=True, slots=True)
class MaterialKept:
    """A material as the rules see it: what kind it is, its file's name, and the reviewer's word."""

    kind: str
    name: str
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class MaterialWord:
    """What a reviewer says of a material: a `Verdict`, and the reason when it is lacking."""

    material: str
    verdict: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationData:
    """What an applicant states: where the data come from, why they are lawful, the rights claimed, the duties taken
    on, and for how many years."""

    source: str
    legality: str
    rights: tuple[str, ...]
    duties: str
    years: int = 3
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ObjectionData:
    """An objection filed by anyone during publicity."""

    name: str
    contact: str
    reason: str


class RegistrationNotFound(NotFound):
    code = "registration.not_found"
    message = "There is no such application or certificate."
    remedy = "Check the number, or open the list and choose from there."


class AlreadyRegistered(Conflict):
    code = "registration.already_registered"
    message = "The resource holds a valid certificate, or an application for it is under way."
    remedy = "Apply for a change, a transfer or a cancellation of the certificate, or wait for the application to end."


class NotPublishedEntry(Conflict):
    code = "registration.not_published"
    message = "Only a resource that is published in the catalogue is registered."
    remedy = "Publish its catalogue entry first."


class NotCurrent(Conflict):
    code = "registration.not_current"
    message = "The certificate is not valid any more."
    remedy = "Apply over the certificate that took its place."


class WrongStep(Conflict):
    code = "registration.wrong_state"
    message = "The application is not in the state for this step."
    remedy = "Open it again and see its next step."


class StillPublic(Conflict):
    code = "registration.still_public"
    message = "The publicity period lasts until %(until)s, or an objection is still to be decided."
    remedy = "Decide every objection, and wait for the period to end."


class NoPublicity(Conflict):
    code = "registration.no_publicity"
    message = "The application is not open to objections now."
    remedy = "Objections are taken only during the publicity period."


class MaterialsMissing(Conflict):
    """`kinds` are the kinds missing; `names` what they are called, as message ids."""

    code = "registration.materials_missing"
    message = "Materials are missing: %(names)s."
    remedy = "Attach a file of each kind named, then submit."

    def render(self, translate: Callable[[str], str] = str) -> str:
        names = ", ".join(translate(name) for name in self.params["names"])
        return fill(translate(self.message), {"names": names})


class MaterialsLacking(Conflict):
    code = "registration.materials_lacking"
    message = "The reviewer found these materials lacking: %(names)s."
    remedy = "The applicant takes each of them out and attaches a better one; until then the application cannot go on."


class TooManyMaterials(Conflict):
    code = "registration.too_many_materials"
    message = "The application has %(most)s materials, which is the most."
    remedy = "Take one out, or put several papers into one PDF."


class MaterialNotFound(NotFound):
    code = "registration.material_not_found"
    message = "There is no such material."
    remedy = "Open the application and choose from its materials."


class TooManyChecks(TooMany):
    code = "registration.too_many_checks"
    message = "Too many certificates were checked from this address."
    remedy = "Wait a minute and try again."
