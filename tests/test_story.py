"""A whole writeup from nothing to its second publish, as somebody writes it who knows none of this.

`init`, own pictures, own prose, build, check, publish into a folder of a portfolio that holds other
projects, one caption changed, published again. Real git; the site is crawled as GitHub serves it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from tests.helpers.crawl import addresses, dead_links
from typer.testing import CliRunner

from fwd_report.cli import app
from fwd_report.site.published_files import MARK

START = ("--bare",)
"""How the writeup is begun."""
PORTFOLIO = {
    "index.html": "<h1>Ada's projects</h1><a href='proj1/'>one</a>",
    "proj1/index.html": "<h1>Colorizing</h1>",
    "proj4/deep/page.html": "<h1>Stitching</h1>",
    "style.css": "body { color: teal }",
}
ADDRESS = "https://ada.github.io/portfolio/proj5/"
REPORT = """\
title: My diffusion report
author: Ada Lovelace
description: What noise does to four pictures of mine.
seed: 180
"""
SECTION = r"""
title: My own pictures
order: 10
part: Part A
intro: |
  I took these pictures myself[^phone], and noise them by

  $$
  x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1 - \bar\alpha_t}\,\epsilon
  $$

  where $\bar\alpha_t$ falls with $t$[^ho].

  [^phone]: With a phone, held upright.
  [^ho]: [Ho et al.](https://arxiv.org/abs/2006.11239) write it so.
experiments:
  - id: phone
    technique: forward
    image: experiments/images/phone.jpg
    sweep: {t: [250, 750]}
    caption: A photo from my phone, at $t = 250$ and $t = 750$.
    discussion: |
      At the end, {{ runs.phone[1].metrics.psnr | round(1) }} dB are left.
      {{ runs.logo.figure }} is a logo.
  - id: logo
    technique: forward
    image: experiments/images/logo.png
    t: 500
    caption: A logo on nothing.
    discussion: It was transparent around.
  - id: web
    technique: forward
    image: experiments/images/web.webp
    t: 500
    caption: A picture from my site.
    discussion: It came as WebP.
  - id: pixels
    technique: forward
    image: experiments/images/pixels.png
    t: 500
    caption: A picture of sixteen colours.
    discussion: Its palette is small.
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def fwd_report(*arguments: str, code: int = 0) -> str:
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == code, f"{answer.output}\n{answer.exception!r}"
    return answer.output


def drawing(size: tuple[int, int]) -> Image.Image:
    """A sky, a hill, a sun."""
    picture = Image.new("RGB", size, "skyblue")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((-size[0] // 2, size[1] // 2, size[0], size[1] * 2), fill="seagreen")
    draw.ellipse((size[0] // 2, 10, size[0] // 2 + size[0] // 5, 10 + size[0] // 5), fill="gold")
    return picture


def own_pictures(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: the sensor lay on its side
    exif[0x010F] = "Telephone"
    drawing((400, 300)).save(folder / "phone.jpg", exif=exif, quality=90)
    logo = Image.new("RGBA", (120, 100), (0, 0, 0, 0))
    ImageDraw.Draw(logo).polygon([(60, 5), (115, 95), (5, 95)], fill=(200, 30, 30, 180))
    logo.save(folder / "logo.png")
    drawing((160, 140)).save(folder / "web.webp", lossless=True)
    drawing((128, 128)).quantize(16).save(folder / "pixels.png")


@pytest.fixture
def portfolio(tmp_path: Path) -> Path:
    """A clone of a repository whose gh-pages shows other projects, with a remote on GitHub."""
    bare, clone = tmp_path / "portfolio.git", tmp_path / "portfolio"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(tmp_path, "clone", "--quiet", str(bare), str(clone))
    git(clone, "checkout", "--quiet", "--orphan", "gh-pages")
    for name, text in PORTFOLIO.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text)
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "Four projects")
    git(clone, "push", "--quiet", "origin", "gh-pages")
    git(clone, "checkout", "--quiet", "--orphan", "main")
    git(clone, "rm", "-rfq", ".")
    git(clone, "branch", "-D", "gh-pages")
    git(clone, "config", "user.name", "Ada")
    git(clone, "config", "user.email", "ada@example.org")
    git(clone, "remote", "set-url", "origin", "git@github.com:Ada/portfolio.git")
    git(clone, "config", f"url.{bare}.insteadOf", "git@github.com:Ada/portfolio.git")
    return clone


def served(portfolio: Path, name: str) -> Path:
    """The branch as the host has it."""
    tree = portfolio.parent / name
    bare = portfolio.with_suffix(".git")
    git(portfolio.parent, "clone", "--quiet", "--branch=gh-pages", str(bare), str(tree))
    return tree


def files(tree: Path) -> dict[str, bytes]:
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in sorted(tree.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(tree).parts
    }


def test_from_nothing_to_a_second_publish(portfolio: Path) -> None:
    mine = portfolio / "diffusion"
    fwd_report("init", str(mine), *START)
    specs = mine / "experiments"
    for starters in specs.glob("*.yaml"):
        starters.unlink()
    own_pictures(specs / "images")
    (specs / "report.yaml").write_text(REPORT)
    (specs / "mine.yaml").write_text(SECTION)
    git(portfolio, "add", "--all")
    git(portfolio, "commit", "--quiet", "-m", "My report")

    fwd_report("build", "--project", str(mine))
    assert "nothing to mend" in fwd_report("check", "--project", str(mine))
    assert "nothing to run; pages are up to date" in fwd_report("build", "--project", str(mine))

    dry = fwd_report("publish", "--project", str(mine), "--to", "proj5/", "--dry-run")
    assert "+ proj5/report/mine/index.html" in dry.splitlines()
    said = fwd_report("publish", "--project", str(mine), "--to", "proj5/")
    assert ADDRESS in said
    tree = served(portfolio, "first")
    first = files(tree)
    others = {name: data for name, data in first.items() if not name.startswith("proj5/")}
    assert others == {name: text.encode() for name, text in PORTFOLIO.items()}
    assert {f"+ {name}" for name in first if name.startswith("proj5/")} == {
        f"+ proj5/{MARK}", *(line for line in dry.splitlines() if line.startswith("+ "))
    }  # fmt: skip
    assert dead_links(tree, "/portfolio/", "proj5/") == []
    found = set(addresses((tree / "proj5/sitemap.xml").read_text()))
    assert found == {f"{ADDRESS}{page}" for page in ("", "report/mine/")}
    page = (tree / "proj5/report/mine/index.html").read_text()
    assert page.count('class="footnote-ref"') == 2
    assert "held upright" in page
    assert "<math" in page
    assert "Figure 2" in page
    assert f'<link rel="canonical" href="{ADDRESS}report/mine/">' in page

    section = specs / "mine.yaml"
    section.write_text(section.read_text().replace("A logo on nothing.", "A red logo."))
    assert "nothing to run; wrote 1 page" in fwd_report("build", "--project", str(mine))
    said = fwd_report("publish", "--project", str(mine), "--to", "proj5/")
    assert "0 added" in said
    assert "0 removed" in said
    assert "experiments/mine.yaml" in said, "it is not committed"
    second = files(served(portfolio, "second"))
    assert b"A red logo." in second["proj5/report/mine/index.html"]
    changed = {name for name in second if second[name] != first.get(name)}
    assert {name for name in changed if not name.startswith("proj5/")} == set()
    assert not any(name.endswith((".png", ".jpg", ".svg")) for name in changed)
    assert set(second) == set(first)
    said = fwd_report("publish", "--project", str(mine), "--to", "proj5/")
    assert said.startswith("nothing to publish")
    assert git(portfolio, "branch", "--list") == "* main"
    assert not list((mine / ".fwd-report").glob("publish/*"))
