# SPDX-License-Identifier: Apache-2.0
"""What the Python programs of the matrix share: the records, and a line of JSON a feature."""
import json
import sys

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
TIME = 1_600_000_000_000
LARGE = "x" * 5_000_000
HEADERS = [("a", b"1"), ("a", b"2"), ("b", b"\0\xff\x10"), ("empty", b"")]
NULLS = [(None, b"no key"), (b"no value", None), (b"", b"")]


class Cannot(Exception):
    """The client has no such thing; says why."""


def key(n):
    return f"k{n}".encode()


def value(n):
    return f"v{n} {'barnabas ' * 20}".encode()


def plain(first, end):
    return [(key(n), value(n)) for n in range(first, end)]


def same(found, wanted):
    assert found == wanted, f"{str(found)[:200]} instead of {str(wanted)[:200]}"


def main(functions, on_error=str):
    """`functions` are named as the features with _ for -; a codec's is codec(topic, codec)."""
    bootstrap, prefix, *features = sys.argv[1:]
    for feature in features:
        topic, outcome, detail = f"{prefix}.{feature}", "pass", ""
        try:
            if feature in CODECS:
                functions["codec"](bootstrap, topic, feature)
            else:
                functions[feature.replace("-", "_")](bootstrap, topic)
        except Cannot as why:
            outcome, detail = "cannot", str(why)
        except Exception as problem:  # any problem is this feature's failure
            outcome, detail = "fail", f"{type(problem).__name__}: {on_error(problem)}"
        said = {"feature": feature, "outcome": outcome, "detail": detail}
        print(json.dumps(said, separators=(",", ":")), flush=True)
