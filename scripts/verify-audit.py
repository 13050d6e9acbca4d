#!/usr/bin/env python3
"""Verifies an exported audit log of Tanba without Tanba: with Python's standard library and openssl.

    tanba audit export -o audit.jsonl
    scripts/verify-audit.py [--authority issuing.pem]… [--crl LIST]… audit.jsonl root.pem

    scripts/verify-audit.py [--authority issuing.pem]… [--crl LIST]… --proof 1f…proof.json root.pem [1f….cer]

Checks the hash chain of the records, the Merkle tree (RFC 9162, 2.1) that each checkpoint states, and the CMS signature
under each checkpoint up to the given root certificate: it must be the authority's seal, issued by an issuing authority
directly below that root (or by one of those given with --authority), never by one that was cross-certified. The last line must be a checkpoint: what none states can be cut off
or made anew by whoever has the records. With --crl (PEM or DER; one of the root and one of the issuing authority at least) seals are
looked up: what one signed after it or the authority above it was revoked does not count, nor what it signed at all, if somebody
else may have the key, unless a later seal confirms it. With --proof it checks that one record is in the signed log, and,
given a certificate, that the record is that of its issue; nothing else of the log is needed. Ends with 0 if all of it holds, else with 1
and says what does not; with 2 where it was called wrongly.
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
ISSUING_DISTRIBUTION_POINT, DELTA, REASON, NUMBER = (bytes.fromhex(text) for text in ("551d1c", "551d1b", "551d15", "551d14"))
# keyCompromise, cACompromise, aACompromise (RFC 5280, 5.3.1): then nothing proves when a key signed.
COMPROMISED, REMOVED = (1, 2, 10), 8
# id-kp-documentSigning (RFC 9336), which the authority's seal has and nothing else.
DOCUMENT_SIGNING = bytes.fromhex("2b06010505070324")


# Certificates (DER) of the authorities whose seals count; without any, every issuing authority directly below the root.
AUTHORITIES = []
# Revocation lists, the oldest first; without any, nothing is looked up.
LISTS = []


class Log:
    def __init__(self):
        self.since, self.size, self.hash, self.subtrees, self.signed = 0, 0, bytes(32), [], None
        self.doubtful = False

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
        if self.doubtful:
            raise ValueError("the key of the last seal may be in other hands, and no later seal confirms what it signed")

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
        self.doubtful = signature(line, trusted)


def signature(line, trusted):
    """The CMS signature under a checkpoint, up to the trusted root; whether somebody else may have the key."""
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
        above = [other for other in [*others, *AUTHORITIES] if len(seals) == 1 and is_seal(seals[0])
                 and is_issuing(other) and (not AUTHORITIES or other in AUTHORITIES)
                 and leads(folder, seals[0], other, trusted, when)]
    if not above:
        raise ValueError(f"the checkpoint of {size} records was not sealed by the authority")
    if not LISTS:
        return False
    revoked = [found for pair in ((seals[0], above[0]), (above[0], root_of(above[0], trusted))) if (found := revocation(*pair))]
    if any(at > since for since, _ in revoked):
        raise ValueError(f"the checkpoint of {size} records was sealed after the seal, or the authority above it, was revoked")
    return any(reason in COMPROMISED for _, reason in revoked)


def root_of(authority, trusted):
    """The trusted certificate that an authority names as its issuer."""
    found = [root for root in certificates(trusted) if fields(root)["subject"] == fields(authority)["issuer"]]
    if not found:
        raise ValueError("the root is not in the file of what is trusted")
    return found[0]


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
        if tag == 0xA3:
            value = extended(next(elements(extensions))[1], wanted)
            return None if value is None else list(elements(next(elements(value))[1]))
    return None


def extended(extensions, wanted):
    """The value of one of these extensions; None where it is not there."""
    for _, found in elements(extensions):
        parts = list(elements(found))
        if parts[0][1] == wanted:
            return parts[-1][1]
    return None


def fields(certificate):
    """What lists are looked up by: serial number, issuer, subject, and the end of a certificate."""
    (_, whole), = elements(certificate)
    parts = list(elements(next(elements(whole))[1]))
    # Version 3 has its number in front.
    parts = parts[1:] if parts[0][0] == 0xA0 else parts
    _, end = elements(parts[3][1])
    return {"serial": parts[0][1], "issuer": parts[2][1], "subject": parts[4][1], "end": moment(*end)}


def moment(tag, text):
    """UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5)."""
    text = text.decode("ascii")
    if tag == 0x17:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=datetime.timezone.utc)


class List:
    """A revocation list (RFC 5280, 5)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            der = file.read()
        if der.startswith(b"-----BEGIN"):
            begin, end = "-----BEGIN X509 CRL-----", "-----END X509 CRL-----"
            text = der.decode("ascii")
            der = base64.b64decode(text[text.index(begin) + len(begin):text.index(end)])
        self.path, self.der = path, der
        (_, whole), = elements(der)
        parts = list(elements(next(elements(whole))[1]))
        parts = parts[1:] if parts[0][0] == 0x02 else parts
        self.issuer, self.made, rest = parts[1][1], moment(*parts[2]), parts[3:]
        rest = rest[1:] if rest and rest[0][0] in (0x17, 0x18) else rest
        entries = rest[0][1] if rest and rest[0][0] == 0x30 else b""
        extensions = next((next(elements(found))[1] for tag, found in rest if tag == 0xA0), b"")
        self.entries = {}
        for _, entry in elements(entries):
            serial, at, *more = elements(entry)
            reason = extended(more[0][1], REASON) if more else None
            self.entries[serial[1]] = moment(*at), reason[-1] if reason else 0
        self.is_delta = extended(extensions, DELTA) is not None
        number = extended(extensions, NUMBER)
        self.number = 0 if number is None else int.from_bytes(next(elements(number))[1], "big")
        scope = extended(extensions, ISSUING_DISTRIBUTION_POINT)
        self.scope = [] if scope is None else list(elements(next(elements(scope))[1]))

    def covers(self, certificate, issuer):
        """Whether the certificate would stand in it, and its issuer made it."""
        if self.issuer != fields(issuer)["subject"]:
            return False
        constraints = extension(certificate, BASIC_CONSTRAINTS)
        is_authority = bool(constraints) and constraints[0] == (1, b"\xff")
        for tag, value in self.scope:
            if tag == 0xA0:
                points = addresses(found for _, point in extension(certificate, DISTRIBUTION_POINTS) or []
                                   for found in elements(point) if found[0] == 0xA0)
                if not addresses([(tag, value)]) & points:
                    return False
            elif tag != (0x82 if is_authority else 0x81):
                # Of the others, of attribute certificates, for some reasons, of other issuers.
                return False
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, name) for name in ("list", "issuer.pem")]
            with open(names[0], "wb") as file:
                file.write(self.der)
            with open(names[1], "w", encoding="ascii") as file:
                file.write(ssl.DER_cert_to_PEM_cert(issuer))
            verify = ["openssl", "crl", "-inform", "DER", "-in", names[0], "-noout", "-CAfile", names[1]]
            done = subprocess.run(verify, capture_output=True, text=True)
        return done.returncode == 0 and "verify OK" in done.stderr + done.stdout


def addresses(points):
    """The addresses of distribution points: [0] with [0] the full names, of which [6] are addresses."""
    return {address for _, point in points for name, names in elements(point) if name == 0xA0
            for tag, address in elements(names) if tag == 0x86}


def revocation(certificate, issuer):
    """Since when and why a certificate is revoked, as the lists say; None where it is not."""
    serial, is_covered, found = fields(certificate)["serial"], False, None
    for crl in LISTS:
        if not crl.covers(certificate, issuer):
            continue
        if serial in crl.entries:
            at, reason = crl.entries[serial]
            is_covered, found = True, None if reason == REMOVED else (at, reason)
        elif not crl.is_delta:
            # What has ended is left out of lists that are made later.
            if crl.made <= fields(certificate)["end"]:
                found = None
            is_covered = True
    if not is_covered:
        raise ValueError(f"no list that was given tells whether the certificate {serial.hex()} was revoked")
    return found


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
    if signature(proof["under"], trusted):
        raise ValueError("the seal's key may be in other hands, so nothing is proved: ask for a proof under a newer checkpoint")
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
    if LISTS:
        print(f"seals were looked up in {len(LISTS)} lists, the oldest of {LISTS[0].made.isoformat()}")
    else:
        print("whether a seal was revoked was not looked at: give the lists with --crl")
    if log.since:
        print(f"it begins after record {log.since}: what came before is not here, and was not looked at")


def usage():
    print("\n\n".join(__doc__.split("\n\n")[1:3]), file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    try:
        while sys.argv[1:2] in (["--authority"], ["--crl"]):
            if len(sys.argv) < 3:
                usage()
            if sys.argv[1] == "--crl":
                LISTS.append(List(sys.argv[2]))
            else:
                given = certificates(sys.argv[2])
                if not given:
                    raise ValueError(f"there is no certificate (PEM) in {sys.argv[2]}")
                AUTHORITIES += given
            del sys.argv[1:3]
        LISTS.sort(key=lambda crl: (crl.made, crl.number))
        if sys.argv[1:2] == ["--proof"]:
            if len(sys.argv) not in (4, 5):
                usage()
            proof(*sys.argv[2:])
        elif len(sys.argv) != 3 or sys.argv[1].startswith("-"):
            usage()
        else:
            main(*sys.argv[1:])
    except OSError as fault:
        sys.exit(f"not valid: {fault.filename} cannot be read: {fault.strerror}")
    except (ValueError, KeyError, IndexError, StopIteration, OverflowError, TypeError) as fault:
        sys.exit(f"not valid: {fault}")
