"""Pages of the fabricated site, read in a browser that notices what goes wrong."""

from __future__ import annotations

from playwright.sync_api import Page

PAGES = (
    "",
    *(f"report/{name}/" for name in ("setup", "forward", "denoise", "illusions", "training")),
)


class Watched:
    """A page, with what went wrong while it was read."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        page.on("console", lambda m: m.type in ("error", "warning") and self.faults.append(m.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("requestfailed", lambda request: self.faults.append(f"failed {request.url}"))
        page.on("request", lambda request: self._foreign(request.url))
        page.on("response", lambda r: r.status >= 400 and self.faults.append(f"{r.status} {r.url}"))

    def _foreign(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"a request left the site: {url}")

    def open(self, path: str) -> Page:
        """The page, with its lazy pictures loaded."""
        self.page.goto(self.address + path)
        self.page.evaluate(
            "() => { for (const i of document.images) i.loading = 'eager'; "
            "return Promise.all([...document.images].map((i) => i.decode().catch(() => 0))); }"
        )
        self.page.wait_for_load_state("networkidle")
        return self.page
