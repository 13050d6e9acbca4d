"""Lints many documents with pkilint in one process: a list of {linter, arguments, file}, as JSON on standard input.

Prints for each a list of the codes of its findings from NOTICE on, in the same order.
"""

import contextlib
import importlib
import io
import json
import sys


def codes(linter, arguments, file):
    out = io.StringIO()
    words = ["lint", *arguments, "-s", "NOTICE", "-f", "JSON", "--document-format", "DER", file]
    with contextlib.redirect_stdout(out):
        # Each linter is a program; its exit code counts findings.
        importlib.import_module(f"pkilint.bin.{linter}").main(words)
    results = json.loads(out.getvalue())["results"]
    return [one["code"] for result in results for one in result["finding_descriptions"]]


print(json.dumps([codes(**document) for document in json.load(sys.stdin)]))
