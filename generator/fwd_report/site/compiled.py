"""Compiled page templates, by their content: compiling one takes longer than rendering a page."""

from __future__ import annotations

from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """What this process has compiled, for environments with the same options and filters.

    A folder with the same templates as another has them compiled already.
    """

    def __init__(self) -> None:
        self._latest: dict[str, tuple[str, CodeType]] = {}

    def get_bucket(
        self, environment: Environment, name: str, filename: str | None, source: str
    ) -> Bucket:
        bucket = Bucket(environment, name, self.get_source_checksum(source))
        checksum, code = self._latest.get(name, ("", None))
        if code is not None and checksum == bucket.checksum:
            # Errors name the file by what the code says.
            bucket.code = code.replace(co_filename=filename or code.co_filename)
        return bucket

    def load_bytecode(self, bucket: Any) -> None:
        """Nothing: the code is in the bucket."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._latest[bucket.key] = (bucket.checksum, bucket.code)
