#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of codegen.py: what the schema language means, what it refuses, that output is stable."""
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, ROOT)
import codegen  # noqa: E402

SCHEMA = os.path.join(ROOT, "schema")
TYPES = codegen.parse_types(SCHEMA)


def family_of(text, name="99_sample.msg"):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return codegen.parse_family(path, TYPES)


def sample(lines):
    """A request of versions 2 to 8, flexible from 5, with these fields; and its C++."""
    text = "api 99 Sample  versions 2-8  flexible 5+\nlisteners broker\n\nrequest\n" + lines
    family = family_of(text)
    emitter = codegen.Emitter(family.messages[0], TYPES)
    declared = "\n".join(codegen.declare_message(emitter))
    return family.messages[0], declared, "\n".join(codegen.define_message(emitter)), emitter


class Language(unittest.TestCase):
    def test_versions(self):
        self.assertEqual(codegen.parse_versions("3"), (3, 3))
        self.assertEqual(codegen.parse_versions("3-7"), (3, 7))
        self.assertEqual(codegen.parse_versions("3+"), (3, codegen.LAST))
        self.assertEqual(codegen.meet((1, 5), (3, 9)), (3, 5))
        self.assertIsNone(codegen.meet((1, 2), (3, 9)))

    def test_conditions_say_only_what_is_not_known(self):
        self.assertEqual(codegen.condition((2, 8), (2, 8)), "")
        self.assertEqual(codegen.condition((3, 8), (2, 8)), "v >= 3")
        self.assertEqual(codegen.condition((2, 6), (2, 8)), "v <= 6")
        self.assertEqual(codegen.condition((3, 6), (2, 8)), "v >= 3 && v <= 6")

    def test_names(self):
        self.assertEqual(codegen.camel("k_raft_version"), "kRaftVersion")
        self.assertEqual(codegen.camel("enable2_pc"), "enable2Pc")
        self.assertEqual(codegen.snake("KRaftVersion"), "k_raft_version")

    def test_members(self):
        _, declared, _, _ = sample(
            "  plain int32\n  known BrokerId = -1\n  code ErrorCode\n  maybe string?  = null\n"
            "  empty string?\n  many []Offset\n  late bool 6+ = true\n  id uuid 3-4\n")
        for member in ("int32_t plain = 0;", "BrokerId known{-1};",
                       "ErrorCode code = ErrorCode::none;", "std::optional<Text> maybe{};",
                       "std::optional<Text> empty{std::in_place};", "std::vector<Offset> many{};",
                       "bool late = true;  // v6+", "Uuid id{};  // v3-4"):
            self.assertIn(member, declared)

    def test_statements(self):
        _, _, defined, _ = sample(
            "  a int8\n  b int8 4+\n  c string?7+ 4+\n  d []Thing 3+\n    e int32\n")
        self.assertIn("    if (v >= 4) {\n        reader.read(b);\n"
                      "        reader.read(c, v >= 7);\n    }", defined)
        self.assertIn("reader.read_structs(d, v, 4);", defined)
        self.assertIn('json.structs("d", d, v);', defined)

    def test_the_smallest_size_counts_every_version(self):
        message, _, _, emitter = sample(
            "  d []Thing\n    e int32 2-3\n    f string\n    g int64 8+\n    h []int32 5+ tag 0\n")
        thing = message.structs["Thing"]
        # v2: int32 + int16; v4: int16; v5: one byte for the text, one for the tags.
        self.assertEqual([emitter.size_at(thing, v) for v in (2, 4, 5, 8)], [6, 2, 2, 10])
        self.assertEqual(emitter.size_min(thing), 2)

    def test_shared_structs_may_come_after_their_use(self):
        message, declared, _, _ = sample(
            "  one Thing\n  many []Thing 5+\n  struct Thing\n    e int32\n")
        self.assertEqual([field.name for field in message.structs["Thing"].fields], ["e"])
        self.assertLess(declared.index("struct Thing"), declared.index("struct SampleRequest"))

    def test_refusals(self):
        for lines in ("  a [int32\n",             # no such type
                      "  a int32\n  a int64\n",   # twice
                      "  a int32 9+\n",           # in no version
                      "  a int32 perhaps\n",     # no such word
                      "  a Nothing\n"):          # no such struct
            with self.assertRaises(AssertionError, msg=lines):
                sample(lines)


class Output(unittest.TestCase):
    def test_is_the_same_every_time(self):
        first, second = codegen.generate(SCHEMA), codegen.generate(SCHEMA)
        self.assertEqual(first, second)
        self.assertEqual(list(first), list(second))

    def test_a_file_that_would_not_change_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            codegen.write(SCHEMA, folder)
            path = os.path.join(folder, "base/error_code.h")
            os.utime(path, (1, 1))
            codegen.write(SCHEMA, folder)
            self.assertEqual(os.stat(path).st_mtime, 1)

    def test_the_generator_stays_small(self):
        with open(os.path.join(ROOT, "codegen.py"), encoding="utf-8") as source:
            self.assertLessEqual(len(source.readlines()), 700)


if __name__ == "__main__":
    unittest.main()
