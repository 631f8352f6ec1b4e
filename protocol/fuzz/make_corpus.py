#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the seed corpus of fuzz_messages from a file of test vectors.

    make_corpus.py VECTORS.tsv.gz OUT_DIR
"""
import gzip
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, ROOT)
import codegen  # noqa: E402


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    _, apis, records, headers = codegen.load(os.path.join(ROOT, "schema"))
    # The order of the registry: headers, APIs by key, records by module.
    messages = [message for family in [headers] + apis + records for message in family.messages]
    place = {message.name: (index, message) for index, message in enumerate(messages)}
    os.makedirs(sys.argv[2], exist_ok=True)
    count = 0
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as vectors:
        for line in vectors:
            if line.startswith("#"):
                continue
            _, _, name, version, seed, digits, _ = line.rstrip("\n").split("\t")
            index, message = place[name]
            version_byte = int(version) - message.versions[0] + (128 if count % 2 else 0)
            with open(os.path.join(sys.argv[2], f"{name}-{version}-{seed}"), "wb") as out:
                out.write(index.to_bytes(2, "big") + bytes([version_byte]) + bytes.fromhex(digits))
            count += 1
    print(f"{count} seeds in {sys.argv[2]}")


if __name__ == "__main__":
    main()
