"""`kill -9` while publishing: the remote never has half a site, and publishing again mends all."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from tests.helpers.forked import FORK
from tests.helpers.publishing import git, made
from tests.helpers.writeup import kill_at

from fwd_report.site.publish import publish


@pytest.mark.slow
def test_kills_while_publishing(project: Path, remote: Path) -> None:
    report = made(project)
    publish(report, project)
    expected = git(remote, "ls-tree", "-r", "gh-pages")
    began = time.monotonic()
    publish(report, project)
    seconds = time.monotonic() - began
    for seed in range(6):
        process = FORK.Process(target=publish, args=(report, project))
        process.start()
        kill_at(process, random.Random(seed).uniform(0.1, 1.0) * seconds)
        git(remote, "fsck", "--strict")
        assert git(remote, "ls-tree", "-r", "gh-pages") == expected
        publish(report, project)
        assert git(remote, "ls-tree", "-r", "gh-pages") == expected
