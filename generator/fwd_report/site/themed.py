"""MkDocs with the theme's templates compiled only once: `python -m … FOLDER build …`.

Compiling them takes longer than building a page. The compiled templates are in FOLDER, which only
this server's own processes write, since they are code.
"""

from __future__ import annotations

import hashlib
import runpy
import sys
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache

OPTIONS = (
    "block_start_string", "block_end_string", "variable_start_string", "variable_end_string",
    "comment_start_string", "comment_end_string", "line_statement_prefix", "line_comment_prefix",
    "trim_blocks", "lstrip_blocks", "newline_sequence", "keep_trailing_newline", "optimized",
    "undefined", "finalize", "autoescape", "is_async",
)  # fmt: skip
"""What, besides its names, an environment determines about a compiled template."""


class CompiledTemplates(FileSystemBytecodeCache):
    """Compiled templates, by source and by the environment that compiled them."""

    def get_bucket(self, environment: Environment, name: str, *args: Any) -> Any:
        options = [repr(getattr(environment, option)) for option in OPTIONS]
        names = [
            sorted(found)
            for found in (environment.extensions, environment.filters, environment.tests)
        ]
        of = hashlib.sha256(repr([options, names]).encode()).hexdigest()
        return super().get_bucket(environment, f"{of} {name}", *args)


def main() -> None:
    """Run MkDocs' command line."""
    folder, *arguments = sys.argv[1:]
    templates = CompiledTemplates(folder)
    usual = Environment.__init__

    def with_templates(self: Environment, *args: Any, **options: Any) -> None:
        usual(self, *args, **options)
        self.bytecode_cache = self.bytecode_cache or templates

    Environment.__init__ = with_templates  # type: ignore[method-assign]
    sys.argv = ["mkdocs", *arguments]
    runpy.run_module("mkdocs", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
