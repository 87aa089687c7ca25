"""Markdown's file inclusions, `--8<--`, restricted to the folder if it is not trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markdown import Markdown
from pymdownx.snippets import (  # type: ignore[import-untyped]
    SnippetExtension,
    SnippetPreprocessor,
)


class ContainedPreprocessor(SnippetPreprocessor):  # type: ignore[misc]
    """Includes only files that are inside the folder after following links, and not hidden."""

    def get_snippet_path(self, path: str) -> str | None:
        """The file to include; None if there is none, or it is not allowed."""
        found = super().get_snippet_path(path)
        if found is None:
            return None
        for base in self.base_path:
            folder, file = Path(base).resolve(), Path(found).resolve()
            if file.is_relative_to(folder):
                inside = file.relative_to(folder).parts
                if not any(part.startswith(".") for part in inside):
                    return str(found)
        return None


class ContainedExtension(SnippetExtension):  # type: ignore[misc]
    """pymdownx.snippets with that preprocessor."""

    def extendMarkdown(self, md: Markdown) -> None:
        super().extendMarkdown(md)
        md.preprocessors["snippet"].__class__ = ContainedPreprocessor


def makeExtension(*args: Any, **options: Any) -> ContainedExtension:
    """The entry point by which Markdown loads the extension."""
    return ContainedExtension(*args, **options)
