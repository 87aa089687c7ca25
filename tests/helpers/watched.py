"""Pages of the fabricated site, read in a browser that notices what goes wrong."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Request, Response, ViewportSize

PAGES = (
    "",
    *(f"report/{name}/" for name in ("setup", "forward", "denoise", "illusions", "training")),
)
DESK: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 390, "height": 844}
USUAL = {"media": "null", "color_scheme": "light", "reduced_motion": "no-preference"}


class Watched:
    """A page, with what went wrong while it was read."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("request", lambda request: self._foreign(request.url))
        page.on("response", self._answered)

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a page was left while a picture was on its way
            self.faults.append(f"failed {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status} {response.url}")

    def _foreign(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:", "about:")):
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

    def emulate(self, viewport: ViewportSize = DESK, **media: Any) -> None:
        """Be a window of this size, for a reader of these preferences: others are the usual ones.

        media: color_scheme, reduced_motion.
        """
        self.page.set_viewport_size(viewport)
        self.page.emulate_media(**{**USUAL, **media})

    def rest(self) -> None:
        """Show nothing, and what no test emulates, until another page is opened.

        What a page has stored is forgotten: it keeps the palette that it has shown first.
        """
        self.page.evaluate("localStorage.clear()")
        self.page.goto("about:blank")
        self.emulate()
