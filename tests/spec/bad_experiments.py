"""Mistakes within an experiment: text, place, message, hint."""

from __future__ import annotations

HEAD = "title: Section\nexperiments:\n"


def one(fields: str) -> str:
    """A section with one experiment `a` of these fields, written from line 5 on."""
    lines = "".join(f"    {line}\n" for line in fields.splitlines())
    return HEAD + "  - id: a\n    caption: A.\n" + lines


BAD_EXPERIMENTS = {
    "unknown technique": (one("technique: drow"), "5:16", "no technique 'drow'", "'draw'?"),
    "no technique": (one("seed: 1"), "3:5", "needs a field 'technique'", "add `technique:`"),
    "unknown field": (
        one("technique: draw\npromt: x"),
        "6:5",
        "draw has no field 'promt'",
        "'prompt'?",
    ),
    "missing field": (one("technique: blend\nlow: x"), "3:5", "needs a field 'high'", "`high:`"),
    "wrong type": (one("technique: draw\nsteps: many"), "6:12", 'a whole number, not "many"', ""),
    "a fraction of a step": (one("technique: draw\nsteps: 2.5"), "6:12", "a whole number", ""),
    "true for a number": (one("technique: draw\nsteps: true"), "6:12", "not true", ""),
    "number for a text": (one("technique: draw\nprompt: 1984"), "6:13", "be text", '"1984"'),
    "not a number": (one("technique: draw\nguidance: .nan"), "6:15", "not a finite number", ""),
    "nan as text": (one('technique: draw\nguidance: "nan"'), "6:15", "finite number", ""),
    "out of range": (one("technique: draw\nsteps: 0"), "6:12", "at least 1, not 0", ""),
    "no such choice": (
        one("technique: draw\nmethod: dppm"),
        "6:13",
        "'ddpm' or 'flow'",
        "'ddpm'?",
    ),
    "technique's own rule": (
        one("technique: blend\nlow: x\nhigh: y\nkernel_size: 8"),
        "8:18",
        "should be odd, so that the kernel has a middle",
        "",
    ),
    "inside a list": (one("technique: draw\ntimes: [1, x]"), "6:16", "times[1] should be", ""),
    "prompt of 10,000 characters": (
        one(f"technique: draw\nprompt: {'x' * 10_000}"),
        "6:13",
        "10,000 characters long; at most 500",
        "",
    ),
    "negative seed": (one("technique: draw\nseed: -1"), "6:11", "at least 0", ""),
    "no samples": (one("technique: draw\nsamples: 0"), "6:14", "at least 1", ""),
    "too many runs": (
        one("technique: draw\nsamples: 90000\nsweep: {steps: [1, 2]}"),
        "7:12",
        "180,000 runs",
        "",
    ),
    "empty sweep": (one("technique: draw\nsweep: {}"), "6:12", "sweep is empty", "remove"),
    "blank sweep": (
        one("technique: draw\nsweep:"),
        "6:",
        "sweep should be",
        "further than `sweep:`",
    ),
    "cases without a dash": (
        one("technique: draw\ncases:\n  prompt: a dog\n  steps: 3"),
        "7:7",
        "cases should be a list",
        "begin it with a dash: `- prompt: a dog`",
    ),
    "blank cases": (one("technique: draw\ncases:"), "6:", "not empty", "further than `cases:`"),
    "sweep without values": (one("technique: draw\nsweep: {steps: []}"), "6:20", "no values", ""),
    "sweep over one value": (one("technique: draw\nsweep: {steps: 5}"), "6:20", "be a list", ""),
    "sweep of an unknown field": (
        one("technique: draw\nsweep: {step: [1]}"),
        "6:13",
        "draw has no field 'step'",
        "'steps'?",
    ),
    "sweep of lists of seeds": (
        one("technique: draw\nsweep: {seeds: [[1, 2]]}"),
        "6:13",
        "no field 'seeds'",
        "`sweep: {seed: [3, 17]}`",
    ),
    "seeds beside samples": (
        one("technique: draw\nseeds: [3, 17]\nsamples: 2"),
        "7:5",
        "seeds cannot stand together with samples",
        "remove one of the two: `seeds` says how many there are",
    ),
    "seeds beside seed": (
        one("technique: draw\nseed: 3\nseeds: [3, 17]"),
        "6:5",
        "seeds cannot stand together with seed",
        "how many there are, and which",
    ),
    "a seed twice": (one("technique: draw\nseeds: [3, 17, 3]"), "6:20", "seeds has 3 twice", ""),
    "no seeds": (one("technique: draw\nseeds: []"), "6:12", "at least 1 value", ""),
    "one seed where a list belongs": (
        one("technique: draw\nseeds: 3"),
        "6:12",
        "seeds should be a list, not 3",
        "write [3]",
    ),
    "a negative seed of several": (
        one("technique: draw\nseeds: [3, -1]"),
        "6:16",
        "seeds[1] should be at least 0, not -1",
        "",
    ),
    "a seed beyond 64 bits": (
        one("technique: draw\nseeds: [9223372036854775808]"),
        "6:13",
        "seeds[0] should be less than 9223372036854775808",
        "",
    ),
    "true for a seed": (
        one("technique: draw\nseeds: [true]"),
        "6:13",
        "seeds[0] should be a whole number, not true",
        "",
    ),
    "true for several seeds": (
        one("technique: draw\nseeds: true"),
        "6:12",
        "seeds should be a list, not true",
        "",
    ),
    "true for a swept seed": (
        one("technique: draw\nsweep: {seed: [1, true]}"),
        "6:23",
        "seed should be a number, not true",
        "",
    ),
    "nothing for a swept seed": (
        one("technique: draw\nsweep: {seed: [1, null]}"),
        "6:23",
        "a seed should be a whole number, not empty",
        "",
    ),
    "seeds of one profile beside samples of all": (
        one("technique: draw\nsamples: 2\nseeds@gpu: [3, 17]"),
        "6:5",
        "seeds cannot stand together with samples (under the profile 'gpu')",
        "`samples@gpu:` with nothing after it",
    ),
    "several values of seed": (
        one("technique: draw\nseed: [1, 2, 3]"),
        "6:11",
        "seed should be a whole number, not [1, 2, 3]",
        "write `seeds: [1, 2, 3]`",
    ),
    "several values of seed in a case": (
        one("technique: draw\ncases:\n  - {seed: [1, 2]}"),
        "7:16",
        "seed should be a whole number",
        "write `seeds: [1, 2]`",
    ),
    "a case with seed and seeds": (
        one("technique: draw\ncases:\n  - {seeds: [1, 2], seed: 3}"),
        "7:25",
        "seeds cannot stand together with seed",
        "",
    ),
    "a case with seeds beside samples": (
        one("technique: draw\nsamples: 2\ncases:\n  - {seeds: [1, 2]}"),
        "8:10",
        "seeds cannot stand together with samples",
        "",
    ),
    "a case with a seed twice": (
        one("technique: draw\ncases:\n  - {seeds: [1, 1]}"),
        "7:21",
        "seeds has 1 twice",
        "",
    ),
    "a swept seed that is none": (
        one("technique: draw\nsweep: {seed: [1, x]}"),
        "6:23",
        "should be a whole number",
        "",
    ),
    "a sweep over seed beside samples": (
        one("technique: draw\nsamples: 2\nsweep: {seed: [1, 2]}"),
        "7:13",
        "a sweep over seed cannot stand together with samples",
        "remove one of the two",
    ),
    "a sweep over seed beside seeds of cases": (
        one("technique: draw\nsweep: {seed: [1, 2]}\ncases: [{seeds: [1]}]"),
        "6:13",
        "seeds are in both cases and sweep",
        "",
    ),
    "seeds of a figure": (
        one("technique: chart\nof: [a]\nseeds: [1, 2]").replace("of: [a]", "of: [b]")
        + "  - {id: b, technique: draw, caption: c}\n",
        "7:5",
        "chart runs nothing of its own, so it has no seeds",
        "the experiments that it shows",
    ),
    "sweep with a bad value": (
        one("technique: draw\nsweep:\n  steps: [1, x]"),
        "7:18",
        "should be a whole number",
        "",
    ),
    "sweep with a value twice": (
        one("technique: draw\nsweep: {steps: [3, 3]}"),
        "6:24",
        "the value 3 twice",
        "",
    ),
    "empty cases": (one("technique: draw\ncases: []"), "6:12", "cases is empty", "remove"),
    "a list where one value belongs": (
        one("technique: draw\nsteps: [1, 2]"),
        "6:12",
        "a whole number",
        "`sweep: {steps: [1, 2]}`",
    ),
    "a list within a sweep": (
        one("technique: draw\nsweep: {steps: [[1, 2]]}"),
        "6:21",
        "a whole number",
        "",
    ),
    "case with a bad value": (
        one("technique: draw\ncases:\n  - {steps: 1}\n  - {steps: x}"),
        "8:17",
        "a whole number",
        "",
    ),
    "two cases with one label": (
        one("technique: draw\ncases:\n  - {steps: 1, label: x}\n  - {steps: 2, label: x}"),
        "8:9",
        "two cases are called 'x'",
        "",
    ),
    "a field in cases and sweep": (
        one("technique: draw\ncases: [{steps: 1}]\nsweep: {steps: [2]}"),
        "7:13",
        "both cases and sweep",
        "",
    ),
    "no caption": (
        HEAD + "  - id: a\n    technique: draw\n",
        "3:5",
        "needs a caption",
        "show: false",
    ),
    "id that is no name": (
        HEAD + "  - id: A b\n    technique: draw\n    caption: A.\n",
        "3:9",
        "id should be lower-case letters",
        "",
    ),
    "id twice": (
        HEAD + 2 * "  - {id: a, technique: draw, caption: A.}\n",
        "4:10",
        "the first is in line 3",
        "",
    ),
}
