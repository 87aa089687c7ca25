"""What each technique stored is read as it was stored, and shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fwd_report import Noise, Report, Run, answer, denoise, guided, open_report


@pytest.fixture(scope="module")
def report(every_technique: Path) -> Report:
    return open_report(every_technique)


def test_tensors_and_pictures_are_the_same_in_the_stated_range(report: Report) -> None:
    compared = set()
    for run in runs_of(report):
        low, high = run.value_range
        for name, tensor in run.tensors.items():
            levels = ((tensor - low) / (high - low)).clamp(0, 1).mul(255).round().byte()
            picture = np.asarray(run.images[name])
            shown = levels.squeeze(0) if tensor.shape[0] == 1 else levels.permute(1, 2, 0)
            assert np.array_equal(picture, shown.numpy()), (run.name, name)
            compared.add(run.technique)
    assert compared > {"sample", "forward", "inpaint", "anagram", "upsample", "noising", "denoise"}


def test_each_is_shown(report: Report) -> None:
    for section in report.sections:
        for experiment in section.values():
            shown = experiment._repr_html_()
            assert "A caption." in shown, experiment.name
            assert "not complete" not in shown, experiment.name
            if experiment.technique != "architecture":
                assert experiment[0]._repr_html_().count("<figure") == 1


def test_a_network_trained_in_the_report_is_driven_by_hand(report: Report) -> None:
    drawn = next(
        run
        for run in runs_of(report)
        if run.technique == "sample" and run.params["model"] and run.params["digit"] is not None
    )
    training, _, epoch = drawn.params["model"].partition("@")
    trained = report[f"all.{training}"][0]
    model = trained.model(int(epoch))
    noise = Noise(drawn.seed)
    conditional, unconditional = model.estimate(drawn.params["digit"]), model.estimate(None)
    estimate = guided(conditional, unconditional, drawn.params["guidance"])
    x, times = noise.draw(model.shape), model.process.timesteps(drawn.params["steps"])
    by_hand = answer(denoise(model.process, x, times, estimate, noise), model)[-1]
    assert (by_hand - drawn.tensor).abs().max() < 1e-4 * drawn.tensor.abs().max()
    with pytest.raises(FileNotFoundError):
        trained.model(epoch=999)


def runs_of(report: Report) -> list[Run]:
    return [run for section in report.sections for each in section.values() for run in each]
