"""Identifiers as value types: parse, check, mask."""

from quanshu.kernel.identifiers.base import BadIdentifier
from quanshu.kernel.identifiers.citizen_id import CitizenId
from quanshu.kernel.identifiers.region_code import RegionCode, RegionLevel
from quanshu.kernel.identifiers.resource_code import ResourceCode
from quanshu.kernel.identifiers.uscc import Uscc

__all__ = ["BadIdentifier", "CitizenId", "RegionCode", "RegionLevel", "ResourceCode", "Uscc"]
