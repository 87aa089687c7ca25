"""Seeds that somebody chose: which runs they make, how those are named, and that keys agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from fwd_report.errors import UserError
from fwd_report.plan.common import Commons
from fwd_report.plan.plan import make_plan
from fwd_report.plan.run import Run
from fwd_report.site.claims import _samples
from fwd_report.spec.load import load_project
from fwd_report.store.store import Store


def planned(
    root: Path,
    *experiments: str,
    profile: str | None = None,
    overrides: tuple[str, ...] = (),
    report: str = "",
) -> tuple[Run, ...]:
    """The runs that the last of these experiments shows; each has a prompt, and is not shown."""
    (root / "experiments").mkdir(exist_ok=True)
    (root / "experiments" / "report.yaml").write_text(f"title: R\nseed: 180\n{report}")
    lines = [f"  - {{id: e{i}, show: false, {text}}}\n" for i, text in enumerate(experiments)]
    section = root / "experiments" / "s.yaml"
    section.write_text("title: S\nexperiments:\n" + "".join(lines))
    plan = make_plan(load_project(root, profile, overrides), Store(root))
    return plan.experiments["s", f"e{len(experiments) - 1}"]


DOG = "technique: sample, prompt: a dog"


def seeds(runs: tuple[Run, ...]) -> list[int]:
    return [run.seed for run in runs]


def test_chosen_seeds_are_those_and_name_their_runs(tmp_path: Path) -> None:
    runs = planned(tmp_path, f"{DOG}, seeds: [42, 3, 17]")
    assert seeds(runs) == [42, 3, 17]
    assert [dict(run.axes) for run in runs] == [{"seed": 42}, {"seed": 3}, {"seed": 17}]
    assert runs[0].alt.endswith("a dog, seed 42")


def test_samples_have_the_keys_they_have_alone_and_are_worked_out_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan of 10,000 runs takes a second if most of them differ in nothing but the seed."""
    alone = [planned(tmp_path, f"{DOG}, seed: {seed}")[0].key for seed in (5, 6, 7)]
    found: list[object] = []
    work_out = Commons._found
    monkeypatch.setattr(
        Commons, "_found", lambda self, *given: found.append(given) or work_out(self, *given)
    )
    together = planned(tmp_path, f"{DOG}, seed: 5, samples: 3")
    assert [run.key for run in together] == alone
    assert len(found) == 1
    swept = planned(tmp_path, f"{DOG}, seed: 5, samples: 3, sweep: {{steps: [5, 6]}}")
    assert len({run.key for run in swept}) == 6
    assert len(found) == 3


def test_the_kth_sample_otherwise_has_seed_plus_k(tmp_path: Path) -> None:
    runs = planned(tmp_path, f"{DOG}, seed: 5, samples: 3")
    assert seeds(runs) == [5, 6, 7]
    assert [dict(run.axes) for run in runs] == [{"sample": 1}, {"sample": 2}, {"sample": 3}]
    assert seeds(planned(tmp_path, f"{DOG}, samples: 2")) == [180, 181]


@pytest.mark.parametrize(
    "way",
    [
        "seed: 17",
        "seeds: [3, 17]",
        "seed: 15, samples: 3",
        "sweep: {seed: [17, 2]}",
        "cases: [{seed: 17}, {seed: 4}]",
        "cases: [{seeds: [1, 17]}]",
    ],
)
def test_one_seed_is_one_run_whichever_way_it_came(tmp_path: Path, way: str) -> None:
    (plain,) = planned(tmp_path, f"{DOG}, seed: 17")
    runs = planned(tmp_path, f"{DOG}, {way}")
    assert [run.key for run in runs if run.seed == 17] == [plain.key]
    assert len({run.key for run in runs}) == len(runs)


def test_seeds_are_the_columns_beside_a_sweep_and_the_axis_where_they_are_swept(
    tmp_path: Path,
) -> None:
    runs = planned(tmp_path, f"{DOG}, seeds: [3, 17], sweep: {{guidance: [1, 7]}}")
    assert [tuple(run.axes.items()) for run in runs] == [
        (("guidance", g), ("seed", s)) for g in (1, 7) for s in (3, 17)
    ]
    runs = planned(tmp_path, f"{DOG}, sweep: {{seed: [3, 17], guidance: [1, 7]}}")
    assert [tuple(run.axes.items()) for run in runs] == [
        (("seed", s), ("guidance", g)) for s in (3, 17) for g in (1, 7)
    ]
    assert seeds(runs) == [3, 3, 17, 17]


def test_what_a_case_says_of_seeds_holds_instead(tmp_path: Path) -> None:
    cases = "cases: [{prompt: a dog}, {prompt: an owl, seeds: [8, 9]}, {prompt: a cat, seed: 5}]"
    assert seeds(planned(tmp_path, f"technique: sample, {cases}")) == [180, 8, 9, 5]
    assert seeds(planned(tmp_path, f"technique: sample, seeds: [1, 2], {cases}")) == [1, 2, 8, 9, 5]
    cases = "cases: [{prompt: a dog}, {prompt: a cat, seed: 5}]"
    assert seeds(planned(tmp_path, f"technique: sample, samples: 2, {cases}")) == [180, 181, 5, 6]


def test_what_starts_from_chosen_runs_has_their_seeds_unless_it_chooses(tmp_path: Path) -> None:
    small = f"{DOG}, seeds: [3, 17]"
    runs = planned(tmp_path, small, "technique: upsample, of: e0")
    assert [(run.seed, dict(run.axes)) for run in runs] == [(3, {"seed": 3}), (17, {"seed": 17})]
    runs = planned(tmp_path, small, "technique: upsample, of: e0, samples: 2")
    assert seeds(runs) == [3, 4, 17, 18]
    runs = planned(tmp_path, small, "technique: upsample, of: e0, seeds: [8, 9]")
    assert [(run.seed, dict(run.axes)) for run in runs] == [
        (own, {"seed of e0": source, "seed": own}) for source in (3, 17) for own in (8, 9)
    ]


def test_one_run_is_asked_for_and_several_seeds_are_several(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        planned(
            tmp_path,
            "technique: train, epochs: 1, seeds: [1, 2]",
            "technique: sample, model: e0, steps: 5",
        )
    (problem,) = caught.value.problems
    assert "model takes one run, and 'e0' has 2" in problem.message
    assert (problem.line, problem.column) == (4, 53)


def test_profiles_and_the_command_line_choose_seeds(tmp_path: Path) -> None:
    text = f"{DOG}, seeds: [3], seeds@gpu: [3, 17, 42]"
    assert seeds(planned(tmp_path, text)) == [3]
    assert seeds(planned(tmp_path, text, profile="gpu")) == [3, 17, 42]
    assert seeds(planned(tmp_path, text, overrides=("s.e0.seeds=[8, 9]",))) == [8, 9]
    switched = f"{DOG}, samples: 2, samples@gpu: null, seeds@gpu: [3, 17, 42]"
    assert seeds(planned(tmp_path, switched, profile="gpu")) == [3, 17, 42]
    assert seeds(planned(tmp_path, switched, profile="embedded")) == [180, 181]
    with pytest.raises(UserError) as caught:
        planned(tmp_path, text, overrides=("s.e0.samples=2",))
    (problem,) = caught.value.problems
    assert problem.message.startswith("--set s.e0.samples=2: seeds cannot stand together with")
    assert problem.hint == "take the file's away: --set s.e0.seeds=null"
    assert seeds(planned(tmp_path, text, overrides=("s.e0.samples=2", "s.e0.seeds=null"))) == [
        180,
        181,
    ]
    with pytest.raises(UserError, match=r"take the file's away: --set s\.e0\.samples=null"):
        planned(tmp_path, f"{DOG}, samples: 2", overrides=("s.e0.seeds=[8, 9]",))


@pytest.mark.parametrize(
    "way", ["seeds: [3, 17]", "samples: 2", "sweep: {seed: [3, 17]}", "cases: [{seeds: [3, 17]}]"]
)
def test_a_rubric_counts_seeds_as_samples(tmp_path: Path, way: str) -> None:
    planned(tmp_path, f"{DOG}, {way}")
    (section,) = load_project(tmp_path).sections
    assert _samples(section.experiments[0]) == 2


def test_a_case_with_a_seed_beside_an_experiments_seeds_is_named_by_it(tmp_path: Path) -> None:
    runs = planned(
        tmp_path, "technique: sample, seeds: [1, 2], cases: [{prompt: a, seed: 17}, {prompt: b}]"
    )
    assert seeds(runs) == [17, 1, 2]
    assert [run.axes["seed"] for run in runs] == [17, 1, 2]
