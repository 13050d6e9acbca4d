#!/usr/bin/env python3
"""Verifies an exported audit log of Tanba without Tanba: with Python's standard library and openssl.

    tanba audit export -o audit.jsonl
    scripts/verify-audit.py [--authority issuing.pem]… audit.jsonl root.pem

    scripts/verify-audit.py [--authority issuing.pem]… --proof 1f…proof.json root.pem [1f….cer]

Checks the hash chain of the records, the Merkle tree (RFC 9162, 2.1) that each checkpoint states, and the CMS signature
under each checkpoint up to the given root certificate: it must be the authority's seal, issued by an issuing authority
directly below that root (or by one of those given with --authority), never by one that was cross-certified. The last line must be a checkpoint: what none states can be cut off
or made anew by whoever has the records. With --proof it checks that one record is in the signed log, and,
given a certificate, that the record is that of its issue; nothing else of the log is needed. Ends with 0 if all of it holds, else says what does not.
"""

import base64
import datetime
import hashlib
import json
import os
import ssl
import subprocess
import sys
import tempfile


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, DISTRIBUTION_POINTS = (bytes.fromhex(text) for text in ("551d13", "551d25", "551d1f"))
# id-kp-documentSigning (RFC 9336), which the authority's seal has and nothing else.
DOCUMENT_SIGNING = bytes.fromhex("2b06010505070324")


# Certificates (DER) of the authorities whose seals count; without any, every issuing authority directly below the root.
AUTHORITIES = []


class Log:
    def __init__(self):
        self.since, self.size, self.hash, self.subtrees, self.signed = 0, 0, bytes(32), [], None

    def begin(self, line):
        if self.size or self.signed is not None:
            raise ValueError("a log begins only once")
        self.since = self.size = line["since"]
        self.hash = bytes.fromhex(line["hash"])
        widths = [1 << bit for bit in reversed(range(64)) if line["since"] >> bit & 1]
        hashes = [bytes.fromhex(text) for text in line["frontier"]]
        if len(widths) != len(hashes):
            raise ValueError("the state before the first record does not fit its number")
        self.subtrees = list(zip(widths, hashes))

    def record(self, line):
        number = self.size + 1
        digest = sha256(self.hash, number.to_bytes(8, "big"), line["event"].encode())
        if line["sequence"] != number or line["previous_hash"] != self.hash.hex() or line["hash"] != digest.hex():
            raise ValueError(f"record {number} does not fit the one before")
        self.size, self.hash = number, digest
        width, node = 1, sha256(b"\0", digest)
        while self.subtrees and self.subtrees[-1][0] == width:
            node = sha256(b"\1", self.subtrees.pop()[1], node)
            width *= 2
        self.subtrees.append((width, node))

    def finish(self):
        if self.signed is None:
            raise ValueError("there is no checkpoint, so nothing proves these records")
        if self.signed != self.size:
            raise ValueError(f"{self.size - self.signed} records after the last checkpoint are not proved by anything")

    def root(self):
        root = None
        for _, node in reversed(self.subtrees):
            root = node if root is None else sha256(b"\1", node, root)
        return sha256() if root is None else root

    def checkpoint(self, line, trusted):
        stated = json.loads(line["checkpoint"])
        if stated["size"] != self.size or stated["root"] != self.root().hex():
            raise ValueError(f"the checkpoint of {stated['size']} records states other records than there are")
        if stated["size"] == self.signed:
            raise ValueError(f"the checkpoint of {self.size} records comes twice")
        self.signed = stated["size"]
        signature(line, trusted)


def signature(line, trusted):
    """The CMS signature under a checkpoint, up to the trusted root."""
    with tempfile.TemporaryDirectory() as folder:
        content, detached = os.path.join(folder, "content"), os.path.join(folder, "signature")
        with open(content, "wb") as file:
            file.write(line["checkpoint"].encode())
        with open(detached, "wb") as file:
            file.write(base64.b64decode(line["signature"]))
        signer, sent = os.path.join(folder, "signer"), os.path.join(folder, "sent")
        stated = json.loads(line["checkpoint"])
        size, at = stated["size"], datetime.datetime.fromisoformat(stated["at"].replace("Z", "+00:00"))
        when = ["-attime", str(int(at.timestamp()))]
        arguments = ["-inform", "DER", "-in", detached, "-content", content, "-binary", "-CAfile", trusted]
        verify = ["openssl", "cms", "-verify", "-purpose", "any", "-signer", signer, "-certsout", sent, "-out", os.devnull]
        done = subprocess.run([*verify, *when, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise ValueError(f"the signature of the checkpoint of {size} records does not hold: {done.stderr}")
        seals, others = certificates(signer), certificates(sent)
        # Whoever writes to the database has a key of his own under the same root, and whoever was cross-certified as many as
        # he pleases: it must be the authority's seal.
        sealed = len(seals) == 1 and is_seal(seals[0]) and any(
            is_issuing(other) and (not AUTHORITIES or other in AUTHORITIES) and leads(folder, seals[0], other, trusted, when)
            for other in [*others, *AUTHORITIES])
    if not sealed:
        raise ValueError(f"the checkpoint of {size} records was not sealed by the authority")


def certificates(path):
    """The certificates (DER) of a PEM file; none where there is no file."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="ascii") as file:
        ends = "-----END CERTIFICATE-----"
        blocks = [text[text.index("-----BEGIN"):] + ends for text in file.read().split(ends) if "-----BEGIN" in text]
    return [ssl.PEM_cert_to_DER_cert(text + "\n") for text in blocks]


def leads(folder, seal, authority, trusted, when):
    """Whether seal, authority and root are a chain, without anybody between them."""
    names = []
    for name, der in (("seal.pem", seal), ("authority.pem", authority)):
        names.append(os.path.join(folder, name))
        with open(names[-1], "w", encoding="ascii") as file:
            file.write(ssl.DER_cert_to_PEM_cert(der))
    verify = ["openssl", "verify", "-show_chain", "-no-CApath", "-no-CAstore", *when, "-CAfile"]
    done = subprocess.run([*verify, trusted, "-untrusted", names[1], names[0]], capture_output=True, text=True)
    # openssl was given this authority alone, so it is the one in the middle.
    depths = [line for line in done.stdout.splitlines() if line.startswith("depth=")]
    return done.returncode == 0 and len(depths) == 3


def elements(der):
    """The elements of a DER value: tag and contents."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(der[at:at + count], "big"), at + count
        if at + length > len(der):
            raise ValueError("a certificate is damaged")
        yield tag, der[at:at + length]
        at += length


def extension(certificate, wanted):
    """The elements of the sequence in an extension of a certificate; None where it has none."""
    (_, whole), = elements(certificate)
    tbs = next(elements(whole))[1]
    for tag, extensions in elements(tbs):
        if tag != 0xA3:
            continue
        for _, found in elements(next(elements(extensions))[1]):
            parts = list(elements(found))
            if parts[0][1] == wanted:
                return list(elements(next(elements(parts[-1][1]))[1]))
    return None


def is_seal(certificate):
    """Whether document signing is all that a key is for, and its revocation has a place."""
    purposes = [oid for _, oid in extension(certificate, EXTENDED_KEY_USAGE) or []]
    return purposes == [DOCUMENT_SIGNING] and extension(certificate, DISTRIBUTION_POINTS) is not None


def is_issuing(certificate):
    """Whether an authority has none below it and is not limited by an extended key usage: cross-certified ones are."""
    constraints = extension(certificate, BASIC_CONSTRAINTS)
    return constraints == [(1, b"\xff"), (2, b"\0")] and extension(certificate, EXTENDED_KEY_USAGE) is None


def included(path, leaf, index, size):
    """The root to which a path leads from a leaf (RFC 9162, 2.1.3.2)."""
    if index < 0 or index >= size:
        raise ValueError("the record is beyond the checkpoint")
    branch, last, node = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise ValueError("the path is too long")
        if branch & 1 or branch == last:
            node = sha256(b"\1", step, node)
            while branch and not branch & 1:
                branch, last = branch >> 1, last >> 1
        else:
            node = sha256(b"\1", node, step)
        branch, last = branch >> 1, last >> 1
    if last:
        raise ValueError("the path is too short")
    return node


def proof(path, trusted, certificate=None):
    with open(path, encoding="utf-8") as file:
        proof = json.load(file)
    record = proof["what"].get("record")
    if record is None:
        raise ValueError("it is no proof of a record")
    number = record["sequence"]
    digest = sha256(bytes.fromhex(record["previous_hash"]), number.to_bytes(8, "big"), record["event"].encode())
    if record["hash"] != digest.hex():
        raise ValueError(f"record {number} is not what its hash says")
    stated = json.loads(proof["under"]["checkpoint"])
    steps = [bytes.fromhex(text) for text in proof["path"]]
    if included(steps, sha256(b"\0", digest), number - 1, stated["size"]).hex() != stated["root"]:
        raise ValueError(f"record {number} is not in the signed log")
    signature(proof["under"], trusted)
    event = json.loads(record["event"])
    if certificate is not None:
        with open(certificate, "rb") as file:
            der = file.read()
        if der.startswith(b"-----BEGIN"):
            der = ssl.PEM_cert_to_DER_cert(der.decode())
        issued = event["action"] == "certificate.issue"
        if not issued or event["detail"] != "sha256=" + sha256(der).hex():
            raise ValueError(f"record {number} tells of another certificate, or of something else")
    print(f"record {number} is in the log of {stated['size']} records of {stated['log']}, signed {stated['at']}")
    print(f"{event['at']} {event['action']} {event['object']} {event['detail']}")


def main(path, trusted):
    log, checkpoints = Log(), 0
    with open(path, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if "checkpoint" in line:
                log.checkpoint(line, trusted)
                checkpoints += 1
            elif "since" in line:
                log.begin(line)
            elif "end" in line:
                raise ValueError("the export was not signed: its last line is no checkpoint")
            else:
                log.record(line)
    log.finish()
    # Nothing was made of the hash that a file without records begins with.
    last = log.hash.hex() if log.size > log.since else "none"
    print(f"{log.size} records, {checkpoints} checkpoints, last hash {last}")
    print("whether a seal was revoked was not looked at: tanba audit verify --crl does")
    if log.since:
        print(f"it begins after record {log.since}: what came before is not here, and was not looked at")


if __name__ == "__main__":
    try:
        while sys.argv[1:2] == ["--authority"]:
            given = certificates(sys.argv[2])
            if not given:
                raise ValueError(f"there is no certificate (PEM) in {sys.argv[2]}")
            AUTHORITIES += given
            del sys.argv[1:3]
        if sys.argv[1:2] == ["--proof"]:
            proof(*sys.argv[2:])
        else:
            main(*sys.argv[1:])
    except (ValueError, KeyError, IndexError, StopIteration, OverflowError) as fault:
        sys.exit(f"not valid: {fault}")
