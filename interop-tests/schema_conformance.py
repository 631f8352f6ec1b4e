#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares protocol/schema/ with the JSON schemas inside Apache Kafka's jars.

    schema_conformance.py JAR_DIR    JAR_DIR holds kafka-clients-4.3.0.jar and its siblings

Every message, and of every message every field at every version: place, name, type, nullability,
tag, default, and what the field says about keys, entities and being ignorable. Reads the schemas
with the generator's own parser, so what is compared is what the C++ is made from. Ends with
`N messages, N fields x versions compared, N differences`, exit 1 if there are any.
"""
import glob
import json
import os
import re
import sys
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "protocol"))
import codegen  # noqa: E402

JARS = ["clients", "metadata", "group-coordinator", "transaction-coordinator", "share-coordinator",
        "raft", "storage"]
KINDS = {"request": "request", "response": "response", "header": "header", "data": "data",
         "metadata": "record", "coordinator-key": "key", "coordinator-value": "value"}


def jar_schemas(jar_dir):
    """Every message schema in the jars: (jar, parsed JSON)."""
    for jar in JARS:
        found = glob.glob(os.path.join(jar_dir, f"kafka-{jar}-[0-9]*.jar"))
        if len(found) != 1:
            sys.exit(f"{jar_dir}: expected exactly one kafka-{jar}-VERSION.jar")
        with zipfile.ZipFile(found[0]) as archive:
            for name in sorted(archive.namelist()):
                if re.fullmatch(r"(common/)?(message|metadata)/\w+\.json", name):
                    text = archive.read(name).decode()
                    yield jar, json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))


def versions_of(text):
    return None if text in (None, "none") else codegen.parse_versions(text)


def holds(versions, version):
    return versions is not None and versions[0] <= version <= versions[1]


def truth(value):
    return str(value).lower() == "true"


def default_of(wire, array, nullable_ever, said):
    """One form for all the ways to write a default."""
    if said is not None and str(said) == "null":
        return "null"
    if wire == "records" and nullable_ever:
        return "null"
    if array or wire not in codegen.WIRE_TYPES or wire in ("string", "bytes", "records", "uuid"):
        return str(said or "")
    if wire == "bool":
        return truth(said or False)
    return float(said or 0) if wire == "float64" else int(str(said or 0), 0)


def json_struct(schema, fields, version):
    """What Kafka's schema says of a struct at a version, in order."""
    common = {struct["name"]: struct["fields"] for struct in schema.get("commonStructs", [])}
    said = []
    for field in fields:
        tag = field.get("tag")
        tagged = versions_of(field.get("taggedVersions"))
        if not holds(versions_of(field.get("versions", field.get("taggedVersions"))), version):
            continue
        array = field["type"].startswith("[]")
        base = field["type"][2:] if array else field["type"]
        nullable = codegen.meet(versions_of(field.get("nullableVersions")),
                                versions_of(schema["validVersions"]))
        row = {"name": codegen.snake(field["name"][0].upper() + field["name"][1:]),
               "type": field["type"], "nullable": holds(nullable, version),
               "tag": int(tag) if tag is not None and holds(tagged, version) else None,
               "default": default_of(base, array, nullable is not None, field.get("default")),
               "inflexible": field.get("flexibleVersions") == "none",
               "ignorable": truth(field.get("ignorable", False)),
               "key": truth(field.get("mapKey", False)), "entity": field.get("entityType", "")}
        inner = None
        if base not in codegen.WIRE_TYPES:
            inner = json_struct(schema, field.get("fields") or common[base], version)
        said.append((row, inner))
    return said


def dsl_struct(message, struct, types, version):
    """The same for ours."""
    said = []
    for field in struct.fields:
        if not holds(field.versions, version):
            continue
        wire = types[field.type].wire if field.type in types else field.type
        row = {"name": field.name, "type": ("[]" if field.array else "") + wire,
               "nullable": holds(field.nullable, version), "tag": field.tag,
               "default": default_of(wire, field.array, field.nullable is not None, field.default),
               "inflexible": field.inflexible, "ignorable": field.ignorable, "key": field.key,
               "entity": field.entity}
        inner = None
        if wire not in codegen.WIRE_TYPES:
            inner = dsl_struct(message, message.structs[wire], types, version)
        said.append((row, inner))
    return said


class Comparison:
    def __init__(self):
        self.fields = self.messages = 0
        self.differences = []

    def expect(self, where, what, ours, theirs):
        if ours != theirs:
            self.differences.append(f"{where}: {what} is {ours!r}, in Kafka {theirs!r}")

    def structs(self, where, ours, theirs):
        self.expect(where, "list of fields", [row["name"] for row, _ in ours],
                    [row["name"] for row, _ in theirs])
        for (our_row, our_inner), (their_row, their_inner) in zip(ours, theirs):
            self.fields += 1
            place = f"{where}.{their_row['name']}"
            for what, value in their_row.items():
                self.expect(place, what, our_row[what], value)
            if our_inner is not None and their_inner is not None:
                self.structs(place, our_inner, their_inner)

    def message(self, message, attributes, types, schema):
        self.messages += 1
        name, versions = message.name, versions_of(schema["validVersions"])
        self.expect(name, "kind", message.kind, KINDS[schema["type"]])
        self.expect(name, "number", message.number, schema.get("apiKey"))
        self.expect(name, "versions", message.versions, versions)
        if message.kind == "request":
            self.expect(name, "listeners", sorted(attributes["listeners"].split(",")),
                        sorted(schema["listeners"]))
            self.expect(name, "unstable", "unstable" in attributes,
                        truth(schema.get("latestVersionUnstable", False)))
        flexible = versions_of(schema["flexibleVersions"])
        for version in range(versions[0], versions[1] + 1):
            where = f"{name} v{version}"
            self.expect(where, "flexible", holds(message.flexible, version),
                        holds(flexible, version))
            self.structs(where, dsl_struct(message, message.structs[name], types, version),
                         json_struct(schema, schema["fields"], version))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    types, apis, records, headers = codegen.load(os.path.join(ROOT, "protocol", "schema"))
    ours = {message.name: (message, family)
            for family in apis + records + [headers] for message in family.messages}
    comparison = Comparison()
    for jar, schema in jar_schemas(sys.argv[1]):
        if versions_of(schema["validVersions"]) is None:
            continue  # an API that Kafka removed and only remembers by name
        name = schema["name"]
        if name not in ours:
            comparison.differences.append(f"{name}: missing")
            continue
        message, family = ours.pop(name)
        if family.module:
            comparison.expect(name, "module", family.module, jar)
        comparison.message(message, family.attributes, types, schema)
    comparison.differences += [f"{name}: Kafka has no such message" for name in ours]
    for difference in comparison.differences[:50]:
        print(difference)
    print(f"{comparison.messages} messages, {comparison.fields} fields x versions compared, "
          f"{len(comparison.differences)} differences")
    print(f"{comparison.fields} passed, {len(comparison.differences)} failed")
    sys.exit(1 if comparison.differences else 0)


if __name__ == "__main__":
    main()
