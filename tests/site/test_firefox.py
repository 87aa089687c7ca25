"""What pages look like in Firefox, by a picture that it makes of one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fwd_report.site.prose import equation

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
ASSETS = Path(__file__).parents[2] / "site_templates" / "assets"
BOLD = {
    r"\boldsymbol{x}": "x",
    r"\boldsymbol\alpha": r"\alpha",
    r"{\bf m}": r"\mathrm{m}",
    r"\mathbf{m}": r"\mathrm{m}",
    r"\mathbf{0}": "0",
    r"\boldsymbol{1}": "1",
    r"\bm{\mu}": r"\mu",
    r"\boldsymbol{\Sigma}": r"\Sigma",
    r"\boldsymbol{\nabla}": r"\nabla",
    r"\boldsymbol{\partial}": r"\partial",
    r"\boldsymbol\infty": r"\infty",
    r"\textbf{b}": r"\text{b}",
}
"""Bold formulas, each with what it is without."""
ROW, COLUMN = 80, 200
PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="report.css">
<body style="margin:0;background:#fff"><div class="md-typeset">{}</div>"""


@pytest.mark.skipif(FIREFOX is None, reason="no Firefox on the PATH: apt-get install firefox-esr")
def test_bold_letters_are_bold_in_firefox(tmp_path: Path) -> None:
    shutil.copytree(ASSETS, tmp_path, dirs_exist_ok=True)
    placed = [
        f'<div style="position:absolute;left:{column * COLUMN}px;top:{row * ROW}px;'
        f'font-size:48px;color:#000">{equation(latex, False)}</div>'
        for row, pair in enumerate(BOLD.items())
        for column, latex in enumerate(pair)
    ]
    (tmp_path / "profile").mkdir()
    (tmp_path / "page.html").write_text(PAGE.format("".join(placed)), encoding="utf-8")
    size = f"{2 * COLUMN},{ROW * len(BOLD)}"
    subprocess.run(
        [str(FIREFOX), "--headless", "--profile", str(tmp_path / "profile"), "--screenshot",
         str(tmp_path / "page.png"), "--window-size", size, (tmp_path / "page.html").as_uri()],
        env={**os.environ, "HOME": str(tmp_path), "MOZ_HEADLESS": "1"},
        capture_output=True, timeout=180, check=True,
    )  # fmt: skip
    ink = 255 - np.asarray(Image.open(tmp_path / "page.png").convert("L"), dtype=float)
    thin = []
    for row, latex in enumerate(BOLD):
        rows = slice(row * ROW, (row + 1) * ROW)
        bold, plain = ink[rows, :COLUMN].sum(), ink[rows, COLUMN : 2 * COLUMN].sum()
        assert plain > 0
        if bold < 1.1 * plain:
            thin.append(f"{latex}: {bold / plain:.2f} times the ink")
    assert not thin
