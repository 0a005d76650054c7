"""What bulk reads are refused with."""

from __future__ import annotations

from collections.abc import Mapping

from quanshu.gateway.messages.text import Text

BULK: Mapping[str, Text] = {
    "gateway.bulk_no_token": (
        401,
        "请求缺少令牌。",
        "请在 Authorization 请求头中发送 Bearer 令牌，见配置文件（.share）。",
        "The request has no token.",
        "Send the profile's token in the header Authorization: Bearer.",
    ),
    "gateway.bulk_bad_token": (
        401,
        "令牌无效、已过期或已被撤销。",
        "请由本单位在平台上生成新的配置文件。",
        "The token is not valid: unknown, expired or revoked.",
        "Have your unit make a new profile on the platform.",
    ),
    "gateway.bulk_not_shared": (
        404,
        "没有向您共享 %(name)s。",
        "请列出共享内容核对名称；授权可能已到期或被撤销。",
        "Nothing named %(name)s is shared with you.",
        "List what is shared and check the name; a grant may have expired or been revoked.",
    ),
    "gateway.bulk_bad_request": (
        400,
        "参数 %(name)s %(fault)s。",
        "请按 Delta Sharing 协议修改请求。",
        "The parameter %(name)s %(fault_en)s.",
        "Correct the request as the Delta Sharing protocol says.",
    ),
    "gateway.bulk_no_version": (
        400,
        "没有版本 %(version)s；可读版本为 %(oldest)s 至 %(newest)s。",
        "请读取其中一个版本；更早的变化请改为整表重读。",
        "There is no version %(version)s; versions %(oldest)s to %(newest)s can be read.",
        "Read one of these; where changes are older, load the whole table again.",
    ),
    "gateway.bulk_row_limit": (
        403,
        "本次读取 %(rows)s 行，超过授权的每次 %(limit)s 行。",
        "请以 limitHint 限制行数、改读变化数据，或申请提高上限。",
        "This read has %(rows)s rows; the grant allows %(limit)s a read.",
        "Limit the rows, read changes instead, or ask for a higher limit.",
    ),
    "gateway.bulk_daily_volume": (
        403,
        "今日已读取 %(used)s 行，加上本次 %(rows)s 行将超过授权的每日 %(limit)s 行。",
        "请明日再读、改读变化数据，或申请提高额度。",
        "%(used)s rows were read today; %(rows)s more would pass the %(limit)s a day that the grant allows.",
        "Read tomorrow, read changes instead, or ask for more.",
    ),
    "gateway.bulk_bad_link": (
        403,
        "文件地址已过期、被改动，或授权已结束。",
        "请重新查询数据表以取得新的地址。",
        "The file's address has expired or was altered, or the grant has ended.",
        "Query the table again for new addresses.",
    ),
    "gateway.bulk_view_missing": (
        503,
        "数据表 %(table)s 的视图正在生成。",
        "请几分钟后重试；如持续出现请联系平台。",
        "The view of %(table)s is being made.",
        "Try again in a few minutes; if it goes on, tell the platform.",
    ),
    "gateway.bulk_store_away": (
        503,
        "存放数据的对象存储暂时没有应答。",
        "请几分钟后重试；如持续出现请联系平台。",
        "The object store that holds the data does not answer.",
        "Try again in a few minutes; if it goes on, tell the platform.",
    ),
}
