"""What a push of files is refused with."""

from __future__ import annotations

from collections.abc import Mapping

from quanshu.gateway.messages.text import Text

PUSHES: Mapping[str, Text] = {
    "gateway.no_push_right": (
        403,
        "应用 %(rid)s 无权向来源 %(source)s 推送文件。",
        "请联系该来源的数据专管员授权；授权可能已被终止。",
        "The application %(rid)s may not push to the source %(source)s.",
        "Ask the source's data steward for the right; it may have ended.",
    ),
    "gateway.bad_push": (
        422,
        "推送请求不正确：%(fault)s。",
        "请按说明修改后重新推送。",
        "The push is not right: %(fault_en)s.",
        "Correct it and push again.",
    ),
    "gateway.push_too_large": (
        413,
        "文件超过该来源允许的 %(most)s 字节。",
        "请拆分文件，或请数据专管员提高上限。",
        "The file is larger than the %(most)s bytes allowed for this source.",
        "Split it, or ask the data steward for a higher limit.",
    ),
    "gateway.push_wrong_offset": (
        409,
        "已收到 %(received)s 字节，请从该位置继续。",
        "请先查询已收到的字节数，再续传。",
        "%(received)s bytes are here already; go on from there.",
        "Ask how much has been received, then send the rest.",
    ),
    "gateway.wrong_digest": (
        422,
        "收到的内容与 SHA-256 摘要不一致，已丢弃。",
        "请重新推送整个文件。",
        "The content received does not have the SHA-256 digest given; it was thrown away.",
        "Push the whole file again.",
    ),
    "gateway.push_busy": (
        409,
        "同一文件正在接收中。",
        "请等待前一次推送结束后再试。",
        "The same content is being received just now.",
        "Wait until that push ends, then try again.",
    ),
}
