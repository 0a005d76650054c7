"""Signed packages of files: a zip whose manifest names each file's SHA-256 and is signed, checked off line."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quanshu.kernel.ciphers import KeyPair, suite
from quanshu.kernel.errors import Invalid

KIND = "quanshu.package/1"
ALGORITHM = "Ed25519"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig.json"
MOST_BYTES = 256 * 1024 * 1024
MOST_FILES = 1000
MOST_MANIFEST = 4 * 1024 * 1024
# What a damaged archive makes the readers of zip files raise.
BAD_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, RuntimeError, EOFError, ValueError)


class BadPackage(Invalid):
    code = "kernel.bad_package"
    message = "This is not a package as it was issued: %(fault)s"
    remedy = "Do not rely on it. Download it again from where it was issued."


def pair_of(seed: bytes) -> KeyPair:
    """The Ed25519 key pair of a 32-byte seed (RFC 8032)."""
    return KeyPair(seed, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def key_id(public: bytes) -> str:
    """A public key's name: the start of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def published_key(public: bytes) -> dict[str, str]:
    """A public key as a node publishes it."""
    return {"algorithm": ALGORITHM, "key": key_id(public), "public": base64.b64encode(public).decode("ascii")}


def make_package(files: Mapping[str, bytes], facts: Mapping[str, Any], pair: KeyPair) -> bytes:
    """A zip of the files with a manifest (`facts`, and each file's size and SHA-256) and its signature."""
    rows = [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    ]
    manifest = json.dumps({"kind": KIND, **facts, "files": rows}, ensure_ascii=False, indent=2, sort_keys=True).encode()
    signature = {
        **{name: value for name, value in published_key(pair.public).items() if name != "public"},
        "signature": base64.b64encode(suite("intl").sign(pair.private, manifest)).decode("ascii"),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
        archive.writestr(MANIFEST, manifest)
        archive.writestr(SIGNATURE, json.dumps(signature, indent=2))
    return out.getvalue()


def read_keys(published: Any) -> dict[str, bytes]:
    """{key id: public key} of keys as a node publishes them. Raises `kernel.bad_package`."""
    try:
        publics = [base64.b64decode(row["public"], validate=True) for row in published["keys"]]
    except (KeyError, TypeError, binascii.Error) as fault:
        raise BadPackage(fault="the file of public keys cannot be read.") from fault
    return {key_id(public): public for public in publics}


def verify_package(content: bytes, publics: Mapping[str, bytes]) -> dict[str, Any]:
    """The manifest of a package whose signature holds by a known key and whose files are all there, unchanged.

    Raises `kernel.bad_package` with what is wrong.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_FILES or sum(part.file_size for part in parts) > MOST_BYTES:
                raise BadPackage(fault="it is too large.")
            if len({part.filename for part in parts}) != len(parts):
                raise BadPackage(fault="it holds two files of one name.")
            # What nobody signed is not unpacked: anyone may hand in a zip.
            manifest, signed = (read_small(archive, name) for name in (MANIFEST, SIGNATURE))
            check_signature(manifest, signed, publics)
            files = {part.filename: archive.read(part) for part in parts if part.filename not in {MANIFEST, SIGNATURE}}
    except BAD_ZIP as fault:
        raise BadPackage(fault="it is no zip file.") from fault
    said: dict[str, Any] = json.loads(manifest)
    check_files(said, files)
    return said


def read_small(archive: zipfile.ZipFile, name: str) -> bytes:
    """A file of the archive that is never large; b"" when it is not there. Raises `kernel.bad_package`."""
    part = archive.NameToInfo.get(name)
    if part is not None and part.file_size > MOST_MANIFEST:
        raise BadPackage(fault="its manifest is too large.")
    return archive.read(part) if part is not None else b""


def check_signature(manifest: bytes, signed: bytes, publics: Mapping[str, bytes]) -> None:
    """Raises `kernel.bad_package` unless a known key signed the manifest."""
    try:
        signature = json.loads(signed)
        raw = base64.b64decode(signature["signature"], validate=True)
        public = publics.get(str(signature["key"]))
        algorithm = signature["algorithm"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as fault:
        raise BadPackage(fault="its signature cannot be read.") from fault
    if public is None or algorithm != ALGORITHM:
        raise BadPackage(fault="it was signed by no key that is known.")
    if not suite("intl").verify(public, manifest, raw):
        raise BadPackage(fault="the signature does not fit the manifest.")


def check_files(said: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Raises `kernel.bad_package` unless the files are those of the manifest."""
    rows = {row["name"]: row["sha256"] for row in said.get("files", ())} if said.get("kind") == KIND else {}
    if set(rows) != set(files):
        raise BadPackage(fault="a file is missing, or one was added.")
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != rows[name]:
            raise BadPackage(fault=f"the file {name} was changed.")
