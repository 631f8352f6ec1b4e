# SPDX-License-Identifier: Apache-2.0
"""Whether a cell of the matrix is as it should be: it passes, or reasons.json says why it does not,
and report.json, which docs/COMPATIBILITY.md is made from, says the same. Asks nobody."""

OUTCOMES = {"cannot", "fail"}
# Whose doing it is that a cell does not pass.
KINDS = {"client": "the client's own limit", "kafka": "Apache Kafka's way", "pitfall": "a pitfall"}


def check_reasons(reasons, clients):
    """Raises where a reason is about nothing, or says nothing. `clients`: {name: [features]}."""
    seen = set()
    for row in reasons:
        assert row["outcome"] in OUTCOMES and row["kind"] in KINDS, row
        assert len(row["why"]) > 20 and row["clients"] and row["features"], row
        for client in row["clients"]:
            for feature in row["features"]:
                assert feature in clients[client], f"{client} has no feature {feature}"
                assert (client, feature) not in seen, f"two reasons for {client} {feature}"
                seen.add((client, feature))


def reason_of(reasons, client, feature):
    for row in reasons:
        if client in row["clients"] and feature in row["features"]:
            return row
    return None


def wrong(cell, row, told, library_has=None):
    """What is wrong with a cell (outcome, detail), or None. `row` is its reason if it has one,
    `told` what report.json says, `library_has(word)` looks into the library's own files."""
    outcome, detail = cell
    if outcome != "pass" and outcome not in OUTCOMES:
        return f"no such outcome: {outcome}"
    if row is None and outcome != "pass":
        return f"{outcome}, without a reason: {detail}"
    if row is not None and outcome != row["outcome"]:
        return f"{outcome}, but reasons.json says {row['outcome']}: {row['why']} ({detail})"
    if row is not None and row.get("absent") and library_has(row["absent"]):
        return f"the library has `{row['absent']}`, which its reason says it has not"
    if told != outcome:
        return f"{outcome}, but report.json says {told}"
    return None
