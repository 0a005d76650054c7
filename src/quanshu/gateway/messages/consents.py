"""What a call without a rightful consent is refused with."""

from __future__ import annotations

from collections.abc import Mapping

from quanshu.gateway.messages.text import Text

CONSENTS: Mapping[str, Text] = {
    "gateway.consent_required": (
        403,
        "服务 %(sid)s 须取得数据主体授权后方可调用。",
        "请先申请授权，取得后在请求头 Consent 中填写授权编号或授权凭证。",
        "The service %(sid)s answers only with the consent of whom it asks about.",
        "Ask for the consent, then send its number, or its token with a proof, in the header Consent.",
    ),
    "gateway.consent_unknown": (
        403,
        "授权不存在。",
        "请核对请求头 Consent 中的授权编号。",
        "There is no such consent.",
        "Check what stands in the header Consent.",
    ),
    "gateway.consent_forged": (
        403,
        "授权凭证不是本平台签发的有效凭证（%(fault)s）。",
        "请使用平台签发的授权凭证原文。",
        "The consent's token is not one this platform issued (%(fault)s).",
        "Send the token as the platform issued it.",
    ),
    "gateway.consent_bad_proof": (
        403,
        "授权凭证的密钥证明不正确（%(fault)s）。",
        "请用应用密钥为本次调用重新生成证明：aud 为“节点:服务编码”，iat 为当前时间。",
        "The proof with the consent's token is not right (%(fault)s).",
        "Make a new one with the application's key: aud is “node:service code”, iat the present time.",
    ),
    "gateway.consent_replayed": (
        403,
        "授权凭证的密钥证明已使用过。",
        "每次调用请使用新的 nonce 生成证明。",
        "The proof with the consent's token has been used.",
        "Make a new proof with its own nonce for each call.",
    ),
    "gateway.consent_wrong_receiver": (
        403,
        "授权 %(uid)s 的接收方不是应用 %(rid)s。",
        "授权仅供取得授权的应用使用，请以本应用名义申请。",
        "The consent %(uid)s was not given to the application %(rid)s.",
        "A consent serves only the application it was given to; ask for one of your own.",
    ),
    "gateway.consent_wrong_service": (
        403,
        "授权 %(uid)s 不适用于服务 %(sid)s。",
        "请使用针对该服务取得的授权。",
        "The consent %(uid)s is not for the service %(sid)s.",
        "Send the consent that was given for this service.",
    ),
    "gateway.consent_wrong_subject": (
        403,
        "授权 %(uid)s 的授权人与参数 %(name)s 所指主体不一致。",
        "仅可查询授权人本人（本企业）的数据。",
        "The consent %(uid)s is not of whom the parameter %(name)s names.",
        "Only the data of whoever consented may be asked for.",
    ),
    "gateway.consent_wrong_purpose": (
        403,
        "授权 %(uid)s 的用途与调用授权的用途不一致。",
        "请在授权所列用途范围内使用；用途变更须重新取得授权。",
        "The consent %(uid)s was given for another purpose than the caller's grant.",
        "Use it for the purpose it was given for; another purpose needs another consent.",
    ),
    "gateway.consent_withdrawn": (
        403,
        "授权 %(uid)s 已被撤回。",
        "请立即停止使用，并按约定处理已取得的数据。",
        "The consent %(uid)s was withdrawn.",
        "Stop using it, and deal with what was received as agreed.",
    ),
    "gateway.consent_not_yet": (
        403,
        "授权 %(uid)s 尚未生效。",
        "请在授权起始时间之后调用。",
        "The consent %(uid)s has not begun.",
        "Call from the time it states.",
    ),
    "gateway.consent_expired": (
        403,
        "授权 %(uid)s 已过期。",
        "如仍需使用，请重新申请授权。",
        "The consent %(uid)s has expired.",
        "Ask for a new one if it is still needed.",
    ),
    "gateway.consent_used_up": (
        403,
        "授权 %(uid)s 的使用次数已用完。",
        "如仍需使用，请重新申请授权。",
        "The consent %(uid)s has been used as often as was allowed.",
        "Ask for a new one if it is still needed.",
    ),
    "gateway.consent_too_often": (
        429,
        "授权 %(uid)s 今日使用次数已达上限 %(most)s 次。",
        "请明日再调用。",
        "The consent %(uid)s has been used %(most)s times today, as often as was allowed.",
        "Call again tomorrow.",
    ),
    "gateway.consent_fields": (
        403,
        "授权 %(uid)s 不包括：%(fields)s。",
        "仅可查询授权所列事项。",
        "The consent %(uid)s does not cover %(fields)s.",
        "Ask only for what was consented to.",
    ),
    "gateway.consent_no_batch": (
        403,
        "服务 %(sid)s 须逐人取得授权，不支持批量调用。",
        "请逐条调用，每条附带相应授权。",
        "The service %(sid)s needs each subject's consent and takes no batch.",
        "Call once for each, with the consent of each.",
    ),
    "gateway.consents_unavailable": (
        503,
        "暂时无法核对授权。",
        "请稍后重试。",
        "Consents cannot be checked at the moment.",
        "Try again in a moment.",
    ),
}
