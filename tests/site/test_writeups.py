"""Five published writeups, typed in as specs: `check` finds what is wrong in them, and no more."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from fwd_report.build import Options, build, load_report
from fwd_report.site.check import Finding, check

WRITEUPS = Path(__file__).parents[1] / "writeups"
WRONG = {
    "whole": [],
    "left-halfway": [
        ("setup.yaml", "placeholder", "'__'"),
        ("setup.yaml", "dead-link", "'paint11.png'"),
        ("setup.yaml", "dead-link", "'paint'"),
        ("setup.yaml", "dead-link", "names no target"),
        ("loops.yaml", "dead-link", "'bair1.jpg'"),
        ("loops.yaml", "unfinished", "iterative_denoise(image, i_start), which"),
        ("loops.yaml", "unfinished", "Here are the examples of the"),
        ("loops.yaml", "empty-heading", "'1.7.2: Inpainting'"),
        ("loops.yaml", "empty-heading", "'1.7.3: Text-Conditional Image-to-image Translation'"),
        ("loops.yaml", "empty-heading", "'1.1: Implementing the UNet'"),
    ],
    "printed": [
        ("edits.yaml", "placeholder", "'&esmp;'"),
        ("edits.yaml", "math", "'x_{orig}'"),
        ("edits.yaml", "math", r"'\mathbf'"),
        ("edits.yaml", "math", "'f_{lowpass}'"),
    ],
    "without-a-teaser": [
        ("applications.yaml", "placeholder", "'[teaser figure]'"),
        ("applications.yaml", "empty-heading", "'Introduction'"),
        ("applications.yaml", "dead-link", "'/post_assets/cs180/proj5/test_img.png'"),
        ("applications.yaml", "dead-link", "'/post_assets/cs180/proj5/5b_results/fig7.png'"),
    ],
    "notes-to-oneself": [
        ("sampling.yaml", "placeholder", "'(explain)'"),
        ("denoising.yaml", "placeholder", "'blah blah blah'"),
        ("denoising.yaml", "placeholder", "'(visualize side by side"),
        ("denoising.yaml", "dead-link", "'../images/180proj5/campanile/clean_est_t250.png'"),
        ("iterative.yaml", "placeholder", "'weeee'"),
        ("iterative.yaml", "placeholder", "'make it all t=690!!'"),
        ("iterative.yaml", "contradiction", "blurred says t = 750, but its runs have 690"),
        ("guidance.yaml", "placeholder", "'pupusa'"),
        ("guidance.yaml", "placeholder", "'MAKE A BETTER ONE'"),
        ("guidance.yaml", "placeholder", "'cool beans'"),
    ],
}
"""What each of them left in, or left out: file, kind, and words of the message."""


def built(root: Path, name: str, tiny_if: Path) -> Sequence[Finding]:
    """The findings of a writeup that was built with a tiny model."""
    shutil.copytree(WRITEUPS / name, root)
    (root / "model").symlink_to(tiny_if)
    images = root / "experiments" / "images"
    images.mkdir()
    for file, mode in (("picture", "RGB"), ("mask", "L")):
        picture = Image.new(mode, (64, 64))
        ImageDraw.Draw(picture).rectangle((16, 16, 48, 48), fill="white")
        picture.save(images / f"{file}.png")
    build(root, Options())
    return check(load_report(root, Options()), root)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_and_nothing_that_is_right(
    tmp_path: Path, tiny_if: Path, name: str
) -> None:
    found = list(built(tmp_path / "report", name, tiny_if))
    for file, kind, words in WRONG[name]:
        matching = [
            finding
            for finding in found
            if (finding.file, finding.kind) == (f"experiments/{file}", kind)
            and words in finding.message
        ]
        assert matching, f"{file}: {words} is not found among {[*map(str, found)]}"
        found.remove(matching[0])
        assert matching[0].severity == "error"
        lines = (tmp_path / "report" / matching[0].file).read_text(encoding="utf-8").splitlines()
        if kind == "contradiction":
            continue
        quoted = words.strip("'").split()[-1]
        line = lines[(matching[0].line or 1) - 1]
        assert quoted in line or (words == "names no target" and 'src=""' in line)
    assert [str(finding) for finding in found] == []
