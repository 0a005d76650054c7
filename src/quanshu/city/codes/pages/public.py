"""What verifiers fetch without signing in: the keys, and the list for scanning off line."""

from __future__ import annotations

import base64
from typing import Any

from django.http import HttpRequest, JsonResponse

from quanshu.city.codes import queries
from quanshu.shared.web.api import PUBLIC, Page


class Keys(Page):
    """The public keys that codes and lists are signed with."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        rows = [
            {
                "id": key_id.hex(),
                "algorithm": "Ed25519",
                "public": base64.b64encode(key.public).decode(),
                "signs_from": key.since,
                "signs_until": key.until,
            }
            for key_id, key in queries.publics(self.now).items()
        ]
        return JsonResponse({"keys": rows})


class OfflineList(Page):
    """The signed list; it names nobody, and blocked holders by keys of the day alone."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        return JsonResponse(queries.offline_list(now=self.now), json_dumps_params={"ensure_ascii": False})
