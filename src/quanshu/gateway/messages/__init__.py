"""What the gateway says when it refuses: code -> HTTP status, fault and remedy in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from quanshu.gateway.messages.bulk import BULK
from quanshu.gateway.messages.consents import CONSENTS
from quanshu.gateway.messages.pushes import PUSHES
from quanshu.gateway.messages.shapes import SHAPES
from quanshu.gateway.messages.text import Text
from quanshu.kernel.errors import QuanshuError, fill
from quanshu.kernel.redaction import BLOT, redact

MESSAGES: Mapping[str, Text] = {
    "gateway.unsigned": (
        401,
        "请求缺少签名头：%(header)s。",
        "请按服务文档添加 gjzwfwpt_rid、gjzwfwpt_sid、gjzwfwpt_rtime、gjzwfwpt_sign 四个请求头，或使用 HTTP 消息签名。",
        "The request lacks these headers: %(header)s.",
        "Send gjzwfwpt_rid, gjzwfwpt_sid, gjzwfwpt_rtime and gjzwfwpt_sign, or an HTTP message signature.",
    ),
    "gateway.bad_header": (
        401,
        "请求头 %(header)s 格式不正确。",
        "rtime 为 13 位毫秒时间戳，sign 为 32 字节摘要的 Base64 编码。",
        "The header %(header)s is not well formed.",
        "rtime is 13 digits of epoch milliseconds; sign is Base64 of a 32-byte digest.",
    ),
    "gateway.unknown_client": (
        401,
        "请求方 %(rid)s 不存在或已停用。",
        "请核对 rid；应用停用后请联系本单位数据专管员。",
        "The requester %(rid)s is unknown or switched off.",
        "Check the rid; ask your data steward about an application that was switched off.",
    ),
    "gateway.outside_window": (
        401,
        "请求时间与网关相差 %(seconds)s 秒，超过 5 分钟。",
        "请校准本机时钟，rtime 使用毫秒时间戳。",
        "The request's time differs from the gateway's by %(seconds)s s, more than 5 minutes.",
        "Set your clock; rtime is in epoch milliseconds.",
    ),
    "gateway.bad_signature": (
        401,
        "签名不正确。",
        "签名为 Base64(HMAC-SHA256(密钥, sid+rid+rtime))；请核对密钥及拼接顺序。"
        "沙箱使用沙箱密钥，正式服务使用应用密钥。",
        "The signature is wrong.",
        "sign = Base64(HMAC-SHA256(secret, sid+rid+rtime)). Check the secret and the order of the parts; "
        "a sandbox has its own secret.",
    ),
    "gateway.replayed": (
        401,
        "该签名已使用过。",
        "每次调用请使用新的 rtime 重新签名。",
        "This signature has been used.",
        "Sign each call anew with its own rtime.",
    ),
    "gateway.wrong_service": (
        400,
        "签名中的 sid（%(signed)s）与地址中的服务（%(sid)s）不一致。",
        "请使用所调用服务的 sid 签名。",
        "The signed sid (%(signed)s) is not the service in the address (%(sid)s).",
        "Sign with the sid of the service you call.",
    ),
    "gateway.bad_signature_input": (
        401,
        "请求头 %(header)s 不正确：%(fault)s。",
        '请按签名文档重新生成，例如 Signature-Input: caller=("@method" "@path" "content-digest");created=…;'
        'keyid="rid:kid";tag="quanshu"。',
        "The header %(header)s is not right: %(fault_en)s.",
        'Write it as the page on signing shows, such as Signature-Input: caller=("@method" "@path" "content-digest");'
        'created=…;keyid="rid:kid";tag="quanshu".',
    ),
    "gateway.signature_uncovered": (
        401,
        "签名未覆盖 %(components)s。",
        "请将这些部分加入签名：方法、路径与查询串，有请求体时的 content-digest，以及发送的 x-case-number 等请求头。",
        "The signature does not cover %(components)s.",
        "Cover them: method, path and query, content-digest when there is a body, and headers such as x-case-number.",
    ),
    "gateway.signature_expired": (
        401,
        "签名已超过其 expires 时间。",
        "请重新签名，并将 expires 设在当前时间之后。",
        "The signature is past its own expires time.",
        "Sign anew, with expires after the present time or without it.",
    ),
    "gateway.unknown_key": (
        401,
        "应用 %(rid)s 没有有效的密钥 %(kid)s。",
        "请在应用页面核对密钥编号及有效期；keyid 的格式为 rid:kid。",
        "The application %(rid)s has no key %(kid)s that holds now.",
        "Check the key's id and dates on the application's page; keyid is rid:kid.",
    ),
    "gateway.bad_http_signature": (
        401,
        "HTTP 消息签名不正确。",
        "请核对私钥、alg，以及签名基串的各行与实际发送的请求一致（路径、查询串、请求头原样）。",
        "The HTTP message signature is wrong.",
        "Check the private key, alg, and that each line of the signature base is what was sent, byte for byte.",
    ),
    "gateway.digest_mismatch": (
        401,
        "请求体与已签名的 Content-Digest 不一致。",
        "请对实际发送的字节计算摘要后再签名。",
        "The body does not have the Content-Digest that was signed.",
        "Compute the digest over the very bytes that are sent, then sign.",
    ),
    "gateway.wrong_profile": (
        403,
        "应用登记的签名方式为 %(allowed)s，本次使用了 %(used)s。",
        "请改用登记的签名方式，或在应用页面修改；两步密钥方式须先用应用密钥换取会话密钥再签名。",
        "The application signs by %(allowed)s; this call was signed by %(used)s.",
        "Sign as registered, or change that on the application's page; in two steps, fetch a session key first.",
    ),
    "gateway.certificate_required": (
        403,
        "应用 %(rid)s 已绑定客户端证书，本次调用没有出示证书。",
        "请以绑定的客户端证书建立 TLS 连接。",
        "The application %(rid)s is bound to client certificates; this call came without one.",
        "Open the TLS connection with a client certificate that the application is bound to.",
    ),
    "gateway.wrong_certificate": (
        403,
        "客户端证书（SHA-256 %(fingerprint)s）未绑定到应用 %(rid)s。",
        "请使用绑定的证书，或在应用页面登记该证书指纹。",
        "The client certificate (SHA-256 %(fingerprint)s) is not bound to the application %(rid)s.",
        "Use a bound certificate, or register this fingerprint on the application's page.",
    ),
    "gateway.unknown_service": (
        404,
        "没有服务 %(sid)s。",
        "请在服务列表中核对服务编码；服务可能已下线。",
        "There is no service %(sid)s.",
        "Check the code in the list of services; the service may have been withdrawn.",
    ),
    "gateway.unknown_version": (
        404,
        "服务 %(sid)s 没有第 %(version)s 版，最新为第 %(newest)s 版。",
        "请调用 /s/%(sid)s/v%(newest)s，或在服务文档中核对版本。",
        "The service %(sid)s has no version %(version)s; the newest is %(newest)s.",
        "Call /s/%(sid)s/v%(newest)s, or look at the versions on the service's page.",
    ),
    "gateway.version_ended": (
        410,
        "服务 %(sid)s 第 %(version)s 版已停用，最新为第 %(newest)s 版。",
        "请改用 /s/%(sid)s/v%(newest)s；与旧版的差异见服务文档。",
        "Version %(version)s of %(sid)s has ended; the newest is %(newest)s.",
        "Call /s/%(sid)s/v%(newest)s; its differences are on the service's page.",
    ),
    "gateway.no_sandbox": (
        404,
        "服务 %(sid)s 没有沙箱。",
        "请在沙箱页面核对服务编码和版本。",
        "There is no sandbox of %(sid)s.",
        "Check the code and the version on the sandbox page.",
    ),
    "gateway.no_grant": (
        403,
        "应用 %(rid)s 没有服务 %(sid)s 的有效授权。",
        "请在平台提交供需对接申请；授权可能已到期或被撤销。",
        "The application %(rid)s has no valid grant for %(sid)s.",
        "Raise a demand on the platform; a grant may have expired or been revoked.",
    ),
    "gateway.field_not_granted": (
        403,
        "字段 %(fields)s 不在授权范围内。",
        "请核对名称，只请求已授权的字段（统计服务为分组和指标），或申请变更授权。",
        "The fields %(fields)s are not in the grant.",
        "Check the names and ask only for granted fields (of a statistic: groups and measures), "
        "or raise a demand for more.",
    ),
    "gateway.bad_body": (
        400,
        "请求体不是 JSON 对象。",
        '请以 application/json 发送 {"参数": "值"}。',
        "The body is not a JSON object.",
        'Send application/json of the form {"parameter": "value"}.',
    ),
    "gateway.body_too_large": (
        413,
        "请求体超过 %(most)s 字节。",
        "请缩小请求。",
        "The body is larger than %(most)s bytes.",
        "Send less.",
    ),
    "gateway.bad_parameter": (
        422,
        "参数 %(name)s：%(fault)s。",
        "请按服务文档修改该参数。",
        "Parameter %(name)s: %(fault_en)s.",
        "Correct the parameter as the service's page says.",
    ),
    "gateway.rate_limited": (
        429,
        "调用过快：授权为每分钟 %(rate)s 次。",
        "请稍后重试，或申请提高频率。",
        "Too fast: the grant's limit is %(rate)s a minute.",
        "Wait and try again, or ask for a higher rate.",
    ),
    "gateway.daily_limit": (
        429,
        "今日调用已达上限 %(limit)s 次。",
        "请明日再试，或申请提高额度。",
        "Today's limit of %(limit)s calls is reached.",
        "Try again tomorrow, or ask for more.",
    ),
    "gateway.daily_rows": (
        429,
        "今日返回数据已达上限 %(limit)s 条，或本次结果将超过上限。",
        "请明日再试，或申请提高额度。",
        "Today's limit of %(limit)s rows is reached, or this answer would pass it.",
        "Try again tomorrow, or ask for more.",
    ),
    "gateway.outside_hours": (
        403,
        "当前不在授权的调用时段内（%(hours)s）。",
        "请在授权时段内调用；数字 1 至 7 表示星期一至星期日。",
        "The grant does not hold at this hour (%(hours)s).",
        "Call within the hours granted; 1 to 7 are Monday to Sunday.",
    ),
    "gateway.address_not_allowed": (
        403,
        "来源地址 %(address)s 不在授权的地址范围内。",
        "请从已登记的地址调用，或申请变更地址范围。",
        "The address %(address)s is not among those granted.",
        "Call from a registered address, or ask for others.",
    ),
    "gateway.case_required": (
        422,
        "该授权要求填写办件编号。",
        "请在请求头 X-Case-Number 中填写办件编号。",
        "The grant asks for a case number.",
        "Send it in the header X-Case-Number.",
    ),
    "gateway.sharing_failed": (
        503,
        "网关之间的限额共享暂不可用，未返回数据。",
        "请稍后重试；平台管理员请检查共享数据库。",
        "Limits cannot be shared among gateways at the moment, so no data was returned.",
        "Try again later. Administrator: check the shared database.",
    ),
    **PUSHES,
    **BULK,
    **CONSENTS,
    **SHAPES,
    "gateway.table_missing": (
        503,
        "服务 %(sid)s 的数据暂不可用。",
        "请稍后重试；如持续出现请凭回执号联系平台。",
        "The data of service %(sid)s is not available at the moment.",
        "Try again later; if it goes on, give the platform the receipt number.",
    ),
    "gateway.journal_failed": (
        503,
        "网关无法保存回执，未返回数据。",
        "请稍后重试；平台管理员请检查网关磁盘空间。",
        "The gateway cannot keep the receipt, so no data was returned.",
        "Try again later. Administrator: check the gateway's disk.",
    ),
    "gateway.not_ready": (
        503,
        "网关尚未载入服务快照。",
        "请稍后重试；平台管理员请检查快照目录与密钥。",
        "The gateway has loaded no snapshot yet.",
        "Try again later. Administrator: check the snapshot folder and the keys.",
    ),
    "gateway.not_found": (
        404,
        "地址不存在。",
        "服务地址为 /s/{sid}、/s/{sid}/v{版本} 和 /s/{sid}/batch，沙箱地址为 /sandbox/{sid}，"
        "推送地址为 /p/{来源}/{摘要}，会话密钥地址为 /keys/session，批量共享地址为 /delta-sharing。",
        "There is nothing at this address.",
        "Services are at /s/{sid}, /s/{sid}/v{version} and /s/{sid}/batch, the sandbox at /sandbox/{sid}, "
        "pushes at /p/{source}/{digest}, session keys at /keys/session, bulk sharing at /delta-sharing.",
    ),
    "gateway.wrong_method": (
        405,
        "不支持 %(method)s 方法。",
        "请使用 POST 或 GET 调用服务。",
        "The method %(method)s is not supported.",
        "Call services by POST or GET.",
    ),
    "gateway.unknown_fault": (
        422,
        "沙箱不能模拟“%(name)s”，没有这个错误代码。",
        "请在 fault: 之后填写服务文档所列的错误代码，如 fault:gateway.rate_limited。",
        "The sandbox cannot provoke “%(name)s”: there is no such code.",
        "After fault: write a code of the service's documentation, such as fault:gateway.rate_limited.",
    ),
    "gateway.internal": (
        500,
        "网关内部错误，未返回数据。",
        "请凭回执号联系平台。",
        "The gateway failed inside; no data was returned.",
        "Give the platform the receipt number.",
    ),
}


# Parameters of a refusal that repeat what the caller sent, and what codes are made of.
CALLERS = frozenset({"rid", "sid", "signed", "kid", "fields", "name"})
CODE_LIKE = re.compile(r"[0-9A-Za-z_.*:, -]{0,300}")
# What other addresses of the gateway answer with, a call of a service never.
ELSEWHERE = {
    *BULK,
    *PUSHES,
    "gateway.no_sandbox",
    "gateway.unknown_fault",
    "gateway.not_found",
}
BATCHES = {"gateway.bad_batch", "gateway.no_batch"}


def refusals_of(shape: str, *, consent: bool = False) -> list[tuple[str, Text]]:
    """What a call of a service of this shape may be refused with, by status and code; `consent`: it asks for one."""
    left_out = ELSEWHERE | (set() if shape == "composite" else SHAPES.keys() - BATCHES)
    left_out |= set() if consent else CONSENTS.keys()
    if shape not in {"query", "verify"}:
        left_out = left_out | BATCHES
    found = [(code, text) for code, text in MESSAGES.items() if code not in left_out]
    return sorted(found, key=lambda row: (row[1][0], row[0]))


def status_of(code: str) -> int:
    """The HTTP status of a refusal."""
    return MESSAGES[code][0]


def code_like(value: str) -> str:
    """What a caller has put where a code belongs, if it is like one; it may be a person's name or number."""
    return redact(value) if CODE_LIKE.fullmatch(value) else BLOT


def told(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a refusal as they are repeated to the caller."""
    return {name: code_like(str(value)) if name in CALLERS else value for name, value in params.items()}


def why(code: str, fault: QuanshuError | None) -> dict[str, str]:
    """The sentence of one refusal as part of another's, in both languages, with its code: `why` and `why_en`."""
    if code not in MESSAGES:
        return {"why": code, "why_en": code}
    body = envelope(code, fault.params if fault else {}, "")
    return {
        "why": f"{body['message'].rstrip('。')}（{code}）",
        "why_en": f"{body['message_en'].rstrip('.')} ({code})",
    }


def envelope(code: str, params: Mapping[str, Any], receipt_id: str) -> dict[str, Any]:
    """The JSON body of a refusal."""
    _status, fault, remedy, fault_en, remedy_en = MESSAGES[code]
    params = told(params)
    return {
        "code": code,
        "message": fill(fault, params),
        "remedy": fill(remedy, params),
        "message_en": fill(fault_en, params),
        "remedy_en": fill(remedy_en, params),
        "receipt_id": receipt_id,
    }
