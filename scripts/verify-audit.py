#!/usr/bin/env python3
"""Verifies an exported audit log of Tanba without Tanba: with Python's standard library and openssl.

    tanba audit export -o audit.jsonl
    scripts/verify-audit.py audit.jsonl root.pem

Checks the hash chain of the records, the Merkle tree (RFC 9162, 2.1) that each checkpoint states, and the CMS signature
under each checkpoint up to the given root certificate. Ends with 0 if all of it holds, else says what does not.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Log:
    def __init__(self):
        self.size, self.hash, self.subtrees, self.signed = 0, bytes(32), [], None

    def begin(self, line):
        self.size, self.hash = line["since"], bytes.fromhex(line["hash"])
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
        with tempfile.TemporaryDirectory() as folder:
            content, signature = os.path.join(folder, "content"), os.path.join(folder, "signature")
            with open(content, "wb") as file:
                file.write(line["checkpoint"].encode())
            with open(signature, "wb") as file:
                file.write(base64.b64decode(line["signature"]))
            arguments = ["-inform", "DER", "-in", signature, "-content", content, "-binary", "-CAfile", trusted]
            verify = ["openssl", "cms", "-verify", "-purpose", "any", "-out", os.devnull, *arguments]
            done = subprocess.run(verify, capture_output=True, text=True)
        if done.returncode != 0:
            raise ValueError(f"the signature of the checkpoint of {self.size} records does not hold: {done.stderr}")


def main(path, trusted):
    log, checkpoints = Log(), 0
    with open(path, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if "checkpoint" in line:
                log.checkpoint(line, trusted)
                checkpoints += 1
            elif "since" in line:
                log.begin(line)
            else:
                log.record(line)
    print(f"{log.size} records, {checkpoints} checkpoints, last hash {log.hash.hex()}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (ValueError, KeyError) as fault:
        sys.exit(f"not valid: {fault}")
