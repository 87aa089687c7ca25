"""How notebooks display objects: as the figure on the page."""

from __future__ import annotations

import html
from collections.abc import Collection

from fwd_report.errors import RunError, UserError, inert


class Rich:
    """An object that notebooks display as HTML, and terminals by its `repr`."""

    def _html(self) -> str:
        """The HTML; may raise UserError or RunError, whose message is then shown."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        try:
            return self._html()
        except (UserError, RunError) as error:
            return f"<pre>{html.escape(inert(str(error)))}</pre>"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        wanted = set(include or ("text/plain", "text/html")) - set(exclude or ())
        made = {"text/plain": lambda: repr(self), "text/html": self._repr_html_}
        return {kind: make() for kind, make in made.items() if kind in wanted}
