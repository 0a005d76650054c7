"""What composites and batches are refused with."""

from __future__ import annotations

from collections.abc import Mapping

from quanshu.gateway.messages.text import Text

SHAPES: Mapping[str, Text] = {
    "gateway.part_refused": (
        403,
        "组合服务的必需部分 %(node)s（%(sid)s）被拒绝：%(why)s。",
        "调用方须持有各部分服务的有效授权，并包含所用字段；请就该服务提出需求。",
        "The required part %(node)s (%(sid)s) of the composite was refused: %(why_en)s.",
        "The caller needs a grant in force for each part, with the fields used. Ask for that service by a demand.",
    ),
    "gateway.part_failed": (
        503,
        "组合服务的必需部分 %(node)s（%(sid)s）未能完成：%(why)s。",
        "请稍后重试；如持续出现请凭回执号联系平台。",
        "The required part %(node)s (%(sid)s) of the composite failed: %(why_en)s.",
        "Try again later; if it goes on, give the platform the receipt number.",
    ),
    "gateway.part_timeout": (
        503,
        "组合服务的部分 %(node)s（%(sid)s）超过时限。",
        "请稍后重试；如持续出现请联系平台。",
        "The part %(node)s (%(sid)s) of the composite did not end within its time.",
        "Try again later; if it goes on, tell the platform.",
    ),
    "gateway.composite_timeout": (
        503,
        "组合服务未在 %(ms)s 毫秒内完成，未结束的部分为 %(node)s（%(sid)s）。",
        "请稍后重试；如持续出现请凭回执号联系平台。",
        "The composite did not end within %(ms)s ms; its part %(node)s (%(sid)s) had not ended.",
        "Try again later; if it goes on, give the platform the receipt number.",
    ),
    "gateway.part_gone": (
        503,
        "组合服务的部分 %(node)s（%(sid)s）不是查询或核验服务。",
        "请联系该组合服务的提供单位修订。",
        "The part %(node)s (%(sid)s) of the composite is neither a query nor a verification.",
        "Tell the unit that provides the composite; it has to be revised.",
    ),
    "gateway.part_unused": (
        424,
        "该部分已执行，但组合服务整体未返回数据。",
        "请查看组合服务的回执。",
        "This part was run, but the composite as a whole returned no data.",
        "See the receipt of the composite.",
    ),
    "gateway.bad_batch": (
        422,
        "批量请求不正确：%(fault)s。",
        '请求体为 {"items": [{参数…}, …]}，可另加 "fields"；最多 1,000 条。',
        "The batch is not right: %(fault_en)s.",
        'The body is {"items": [{parameters…}, …]}, with "fields" if wanted; at most 1,000 items.',
    ),
    "gateway.no_batch": (
        422,
        "服务 %(sid)s 不支持批量调用。",
        "批量调用适用于查询和核验服务。",
        "The service %(sid)s takes no batches.",
        "Batches are for query and verification services.",
    ),
}
