"""A report's sections, experiments and runs, and their results."""

from __future__ import annotations

import os
import random
import signal
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.api.conftest import HYBRIDS, NOISE, write
from tests.helpers.pressed import press_ctrl_c

import fwd_report
from fwd_report import (
    NotRunError,
    Report,
    RestartNeededError,
    RunsFailedError,
    UnknownNameError,
    UserError,
    open_report,
)
from fwd_report.diffusion import loops
from fwd_report.techniques.forward import Forward


def test_sections_and_experiments_are_found_by_name(ran: Path) -> None:
    report = open_report(ran)
    assert (report.title, report.profile) == ("A small report", "embedded")
    assert [section.name for section in report.sections] == ["noise", "hybrids"]
    assert [section.title for section in report.values()] == ["Noise at $t$ & <later>", "Hybrids"]
    assert [each.name for each in report["noise"].values()] == ["noise.dot", "noise.photos"]
    assert report["noise"]["dot"].technique == report["noise.dot"].technique == "forward"
    assert "noise.dot" in report
    assert "noise.dots" not in report
    assert "noise" in repr(report)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("nose", "did you mean 'noise'"),
        ("noise.dots", "did you mean 'noise.dot'"),
        ("skull", "hybrids.skull"),
        ("", "there is: "),
        ("noise.", "did you mean 'noise.dot'"),
    ],
)
def test_a_name_that_is_not_there_is_a_key_error_with_a_suggestion(
    ran: Path, name: str, suggestion: str
) -> None:
    with pytest.raises(UnknownNameError, match=suggestion) as caught:
        open_report(ran)[name]
    assert isinstance(caught.value, KeyError)
    assert not str(caught.value).startswith(("'", '"'))
    with pytest.raises(KeyError, match=suggestion):
        open_report(ran).run(name)


def test_runs_are_found_by_position_by_values_and_by_condition(ran: Path) -> None:
    dot = open_report(ran)["noise.dot"]
    assert len(dot) == 3
    assert [run.axes for run in dot] == [{"t": 250}, {"t": 500}, {"t": 750}]
    assert dot.axes == {"t": [250, 500, 750]}
    assert dot[np.int64(-1)] == dot[-1]
    assert dot[-1].params["t"] == 750
    assert dot[{"t": 500}].name == "noise.dot[1]"
    assert dot[{"t": "500"}].name == "noise.dot[1]"
    assert [run.name for run in dot[1:]] == ["noise.dot[1]", "noise.dot[2]"]
    assert [run.axes["t"] for run in dot.filter(lambda run: run.metrics["psnr"] < 12)] == [500, 750]
    assert len(dot.filter(seed=7)) == 3
    assert len(dot.filter(t=1)) == 0
    assert dot[0] in open_report(ran)["noise.dot"]
    photos = open_report(ran)["noise.photos"]
    assert photos[{"sample": 2}].seed == 8
    with pytest.raises(IndexError, match=r"3 runs.*\[3\]"):
        dot[3]
    with pytest.raises(KeyError, match=r"no run has .*\n.*swept are t: 250, 500, 750"):
        dot[{"t": 1}]
    with pytest.raises(KeyError, match="2 runs have"):
        photos[{"steps": 4}]
    with pytest.raises(KeyError, match="no field 'tt'"):
        dot.filter(tt=250)
    for wrong in ("t", 1.5, None):
        with pytest.raises(TypeError, match=r"by swept values, as \[\{'t': …\}\]"):
            dot[wrong]
    with pytest.raises(TypeError, match="a function of a run or values, not 5"):
        dot.filter(5)
    with pytest.raises(TypeError, match="found by name, not by 3"):
        open_report(ran)[3]


def test_a_run_gives_its_result_as_stored(ran: Path) -> None:
    run = open_report(ran)["noise.photos"][0]
    assert (run.status, run.why, len(run.key)) == ("fresh", (), 64)
    assert run.tensor.dtype == torch.float32
    assert tuple(run.tensor.shape) == (3, 16, 16)
    low, high = run.value_range
    levels = ((run.tensor - low) / (high - low)).clamp(0, 1).mul(255).round().byte()
    assert np.array_equal(np.asarray(run.image), levels.permute(1, 2, 0).numpy())
    assert list(run.images) == ["image"]
    frames = run.frames["trajectory"]
    assert (frames.shape, frames.dtype) == ((5, 16, 16, 3), np.uint8)
    assert np.array_equal(frames[-1], np.asarray(run.image))
    assert len(run.series["t"]) == 5
    assert run.provenance["network_steps"] == 8
    assert list(open_report(ran)["hybrids.skull"][0].images) == ["image", "low"]
    with pytest.raises(KeyError, match="did you mean 'image'"):
        run.images["imag"]
    with pytest.raises(KeyError, match="has no metric 'psnr'"):
        run.metrics["psnr"]
    with pytest.raises(ValueError, match="trains no network"):
        run.model()


def test_what_has_not_run_says_how_to_run_it(report: Report) -> None:
    run = report["hybrids.skull"][0]
    assert (run.status, run.params["low"]) == ("missing", "a skull")
    for read in ("image", "images", "tensor", "frames", "metrics", "series", "provenance"):
        with pytest.raises(NotRunError, match=r"has not run: report\.run\('hybrids\.skull'\)"):
            getattr(run, read)


def test_a_run_shows_its_result_once_it_is_there(report: Report) -> None:
    run = report["hybrids.skull"][0]
    outcome = report.run("hybrids.skull")
    assert (outcome.ran, outcome.fresh, outcome.failed) == (("hybrids.skull[0]",), 0, ())
    assert run.status == "fresh"
    assert run.image.size == (16, 16)
    again = report.run("hybrids.skull")
    assert (again.ran, again.fresh) == ((), 1)
    assert repr(again) == "nothing to run; 1 run stored before"
    forced = report.run(report["hybrids.skull"], force=True)
    assert (forced.ran, forced.fresh) == (("hybrids.skull[0]",), 0)
    assert report["noise.photos"][0].status == "missing"


def test_a_slice_and_a_run_are_run_alone(report: Report) -> None:
    dot = report["noise.dot"]
    assert report.run(dot[:1]).ran == ("noise.dot[0]",)
    assert report.run(dot[2], dot.filter(t=1)).ran == ("noise.dot[2]",)
    assert report.run(dot.filter(t=1)).ran == ()
    assert [run.status for run in report["noise.dot"]] == ["fresh", "missing", "fresh"]
    assert report.run(dot[:1], force=True).ran == ("noise.dot[0]",)
    write(report.root, "noise", NOISE.replace("[250, 500, 750]", "[250, 500]"))
    with pytest.raises(UnknownNameError, match=r"no run 'noise\.dot\[2\]' any more"):
        report.run(dot[2])
    write(report.root, "noise", NOISE[: NOISE.index("  - id: photos")])
    assert repr(report["noise"]) == "<Section noise: 1 experiment, 2 of 3 runs fresh>"
    assert repr(report["hybrids.skull"]).endswith("0 of 1 run fresh>")


def test_one_override_may_be_a_text(ran: Path) -> None:
    assert open_report(ran, overrides="seed=8")["noise.dot"][0].seed == 8
    with pytest.raises(UserError, match=r"report\.yaml"):
        open_report("~nobody-of-that-name/x")


def test_edits_of_the_specs_are_seen(report: Report) -> None:
    report.run("hybrids.skull")
    before = report["hybrids.skull"][0]
    write(report.root, "hybrids", HYBRIDS.replace("kernel_size: 5", "kernel_size: 7"))
    after = report["hybrids.skull"][0]
    assert (before.status, after.status) == ("fresh", "stale")
    assert "kernel_size" in " ".join(after.why)
    with pytest.raises(NotRunError, match=r"run again \(.*kernel_size"):
        after.image  # noqa: B018
    assert report.run("hybrids.skull").ran == ("hybrids.skull[0]",)
    assert after.status == "fresh"
    write(report.root, "hybrids", HYBRIDS.replace("kernel_size: 5", "kernel_size: 6"))
    with pytest.raises(UserError, match=r"hybrids\.yaml:8.*odd"):
        report["hybrids.skull"]


def test_a_damaged_result_is_never_shown(report: Report) -> None:
    report.run("noise.dot")
    run = report["noise.dot"][0]
    assert run.image.size == (16, 16)
    stored = next(report.root.glob(f".fwd-report/store/*/{run.key}/image.png"))
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    with pytest.raises(NotRunError, match=r"not the file that was stored.*report\.run"):
        run.image  # noqa: B018
    assert run.status == "missing"
    assert report.run("noise.dot").ran == ("noise.dot[0]",)
    assert run.image.size == (16, 16)


def test_failures_are_listed_and_the_rest_is_kept(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> object:
        raise ValueError("no noise today")

    monkeypatch.setattr(Forward, "program", fails)
    with pytest.raises(RunsFailedError, match=r"noise\.dot\[0\]: no noise today") as caught:
        report.run("noise.dot")
    assert [each.run for each in caught.value.outcome.failed] == ["noise.dot[0]"]
    outcome = report.run("noise", keep_going=True)
    assert [each.run for each in outcome.failed] == ["noise.dot[0]"]
    assert len(outcome.ran) == 2
    assert "failed: noise.dot[0]: no noise today" in repr(outcome)
    assert report["noise.photos"][1].status == "fresh"


def test_edited_code_asks_for_a_restart(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fwd_report.sources.AT_START, loops.__file__, "another")
    with pytest.raises(RestartNeededError, match=r"loops\.py was changed.*\nrestart the kernel"):
        report.run("noise.dot")
    assert report["noise.dot"][0].status == "missing"


def test_interrupted_it_keeps_what_is_done_and_leaves_nothing_changed(
    report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, calls = Forward.program, []

    def interrupted(self: Forward, run: object) -> object:
        calls.append(run)
        if len(calls) == 2:
            press_ctrl_c()
        return whole(self, run)  # type: ignore[arg-type]

    before = _state()
    monkeypatch.setattr(Forward, "program", interrupted)
    with pytest.raises(KeyboardInterrupt):
        report.run("noise.dot")
    assert "what was done is stored" in capsys.readouterr().err
    assert [run.status for run in report["noise.dot"]] == ["fresh", "missing", "missing"]
    assert report.run("noise.dot").ran == ("noise.dot[1]", "noise.dot[2]")
    assert _state() == before


def test_a_deterministic_report_leaves_nothing_changed(project: Path) -> None:
    report = open_report(project, overrides=["deterministic=true"])
    before = _state()
    report.run("hybrids.skull")
    assert report["hybrids.skull"][0].provenance["deterministic"]
    assert _state() == before


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="says which files are open")
def test_it_holds_no_open_file(report: Report) -> None:
    report.run("noise.dot")
    experiment = report["noise.dot"]
    assert experiment[0].image.size == (16, 16)
    assert experiment._repr_html_()
    opened = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
    assert [path for path in opened if str(report.root) in path] == []


def test_warnings_are_pythons_own(project: Path) -> None:
    write(project, "noise", NOISE.replace("a photo of a dog", "a photo #1 of a dog"))
    with pytest.warns(fwd_report.ReportWarning, match=r"noise\.yaml:12"):
        report = open_report(project)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [*report] == ["noise", "hybrids"]
    write(project, "noise", NOISE.replace("a photo of a dog", "a photo #2 of a dog"))
    with pytest.warns(fwd_report.ReportWarning, match="#2"):
        report.profile  # noqa: B018


def test_the_present_folder_is_found_from_within(
    ran: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ran / "experiments")
    assert open_report().root == ran
    with pytest.raises(UserError, match=r"report\.yaml"):
        open_report(tmp_path)
    with pytest.raises(UserError, match="profile"):
        open_report(ran, profile="gpus")


def _state() -> dict[str, object]:
    """What of a Python process a run might change."""
    import diffusers.utils.logging
    import transformers.utils.logging

    libraries = (diffusers.utils.logging, transformers.utils.logging)
    return {
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "grad": torch.is_grad_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "random": (torch.random.get_rng_state().tolist(), random.getstate()),
        "numpy": np.random.get_state()[1].tolist(),  # type: ignore[index]
        "handlers": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "filters": list(warnings.filters),
        "running": sorted(thread.name for thread in threading.enumerate()),
        "libraries": [(x.get_verbosity(), x.is_progress_bar_enabled()) for x in libraries],
    }
