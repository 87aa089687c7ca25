"""The one folder of `docs/` the tool owns: written only where it changed, rid of what is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fwd_report.errors import UserError
from fwd_report.store.files import write_atomically

OWNED = "report"
"""The folder of docs/ that holds everything generated."""


def templates_folder(root: Path) -> Path:
    """The project's site_templates/, or the ones that come with the package."""
    package = Path(__file__).parents[1]
    candidates = (
        root / "site_templates",
        package / "starter" / "site_templates",
        package.parents[1] / "site_templates",
    )
    for candidate in candidates:
        if (candidate / "section.md").is_file():
            return candidate
    raise UserError("the project has no site_templates/", hint="copy them from a new writeup")


@dataclass
class OwnedFolder:
    """Collects what a render produces; `finish` removes whatever else lies in the folder."""

    root: Path
    produced: set[Path] = field(default_factory=set)
    written: list[Path] = field(default_factory=list)

    def text(self, name: str, text: str) -> Path:
        """Write a text file, unless it holds that text already."""
        path = self.root / name
        self.produced.add(path)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_atomically(path, text)
            self.written.append(path)
        return path

    def copy(self, source: Path, name: str) -> Path:
        """Copy a file, unless it holds those bytes already."""
        path = self.root / name
        self.produced.add(path)
        data = source.read_bytes()
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            self.written.append(path)
        return path

    def keep(self, name: str) -> None:
        """Count a file that something else wrote as produced."""
        self.produced.add(self.root / name)

    def finish(self) -> None:
        """Remove every file of the folder that was not produced, then the empty folders."""
        for path in sorted(self.root.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in self.produced:
                path.unlink()
