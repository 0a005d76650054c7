"""Cipher suites: one interface, international algorithms and 商密 behind it."""

from quanshu.kernel.ciphers.base import CipherSuite, KeyPair, OpenFailed
from quanshu.kernel.ciphers.suites import suite

__all__ = ["CipherSuite", "KeyPair", "OpenFailed", "suite"]
