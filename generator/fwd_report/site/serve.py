"""The site on this machine while it is written: rebuilt whenever its sources change."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from fwd_report import stopping
from fwd_report.errors import say as report
from fwd_report.site import build_output
from fwd_report.site.child import Child
from fwd_report.site.config import mkdocs_config
from fwd_report.site.lock import held
from fwd_report.site.markdown_bounds import page_problems
from fwd_report.site.nav import NAV
from fwd_report.site.page_folders import OWNED, scratch_folder
from fwd_report.site.preview import Preview, State
from fwd_report.site.served import COMPILED, copy_site, remove_abandoned
from fwd_report.site.watching import EVERY, Sources
from fwd_report.store.store import Store

WRONG_INPUT = 2
GIVEN_UP = -1000  # in place of an exit code
LONG = 1.0
"""Seconds after which existing pages are shown while the first build is running."""
BUILD_LIBRARIES = ("yaml", "pydantic.main", "pydantic.type_adapter", "typer.main", "jinja2.sandbox",
                   "jinja2.meta", "markdown.extensions.smarty", "pygments.formatters.html",
                   "pygments.lexers.data", "PIL.PngImagePlugin", "PIL.GifImagePlugin", "filelock",
                   "numpy", "importlib.metadata", "sysconfig", "zoneinfo")  # fmt: skip
SITE_LIBRARIES = ("mkdocs.commands.build", "mkdocs.livereload", "material", "pymdownx.superfences",
                  "pymdownx.snippets", "markdown.extensions.toc", "mkdocs_glightbox.plugin",
                  "material.plugins.search.plugin")  # fmt: skip
"""Other packages that the commands need: imported ahead of time."""
MKDOCS = "fwd_report.site.themed"


def serve(
    root: Path,
    build: Sequence[str],
    port: int = 8000,
    say: Callable[[str], None] = print,
    stop: threading.Event | None = None,
    trusted: bool = True,
) -> None:
    """Show the site on a port of this machine, and run `build` and MkDocs on each change.

    build: the module and arguments of the command that writes the pages. Like MkDocs, it runs in a
    new process each time; MkDocs writes into a new folder, so that only complete sites are shown.
    The port is open at once. Existing pages are shown if the first build takes long. A build whose
    sources change is stopped and restarted; what it stored stays. Errors are shown on every page
    until they are fixed. Ends when `stop` is set, or on Ctrl-C; raises UserError if the port is not
    available. trusted: whether MkDocs uses the project's mkdocs.yml, which is code.
    """
    stop = stop or threading.Event()
    state = State()
    state.begin("starting")
    preview = Preview(state, port)
    say(f"serving on {preview.address} (Ctrl-C ends it)")
    sources = Sources(root)
    builder = _Builder(root, build, preview.address, state, say, trusted, sources.touched)
    try:
        builder.start()
        unfinished = builder.again([], stop)
        waiting: set[str] = set()
        while not stop.wait(EVERY):
            waiting.update(sources.changed(stop.wait))
            if waiting or unfinished:
                unfinished = builder.again(sorted(waiting), stop)
                waiting = waiting if unfinished else set()
    except KeyboardInterrupt:
        stopping.say_what_is_kept()
    finally:
        preview.close()
        builder.end()


class _Builder:
    """Two processes in waiting, and the results of their commands."""

    def __init__(
        self,
        root: Path,
        build: Sequence[str],
        address: str,
        state: State,
        say: Callable[[str], None],
        trusted: bool,
        touched: Callable[[], bool] = bool,
    ) -> None:
        self._root = root
        self._build = build
        self._address = address
        self._state = state
        self._say = say
        self._trusted = trusted
        self._touched = touched
        self._folder = f"serve-{address.rsplit(':', 1)[1].strip('/')}"
        self._lock = ExitStack()
        self._count = 0
        self._outdated: Path | None = None
        self._children: dict[str, Child] = {}
        self._ending: list[threading.Thread] = []

    def start(self) -> None:
        """Start the processes, and claim a folder for as long as this server runs."""
        tell = partial(report, err=True)
        self._lock.enter_context(
            Store(self._root).locks.waiting(self._folder, f"serves from {self._folder}", tell)
        )
        self._sites = scratch_folder(self._root, self._folder)
        self._compiled = scratch_folder(self._root, self._folder + COMPILED)
        remove_abandoned(self._root)
        self._prepare()

    def again(self, changed: Sequence[str], stop: threading.Event) -> bool:
        """Build, show the result, and report it in one line.

        Returns whether it was given up because the sources changed meanwhile.
        """
        began = time.monotonic()
        what = build_output.named(changed)
        self._state.begin(f"{what} changed: building" if changed else "building")
        navigation = self._navigation()
        meanwhile = partial(self._show_of_before, stop) if self._state.site is None else None
        code, output, errors = self._run(
            self._build[0], self._build[1:], "", stop, self._touched, meanwhile
        )
        if stop.is_set():
            return False
        if code == GIVEN_UP:
            self._prepare()
            return True
        problem = build_output.error_of(errors, code)
        site = None
        done = f"{f'{what}: ' if changed else ''}{build_output.done(output)}"
        if self._navigation() and (code != WRONG_INPUT or self._state.site is None):
            self._state.hear("putting the site together")
            early = False
            if not build_output.only_prose(changed):
                scratch_folder(self._root, self._folder + COMPILED)
            elif not code and navigation == self._navigation():
                early = self._show_early(stop)
            if early:
                self._say(f"{done} ({time.monotonic() - began:.1f} s)")
            self._prepare()
            # Who goes on writing need not wait for pages of before.
            site, trouble = self._site(stop, give_up=self._touched if early else None)
            problem = "\n".join(filter(None, (problem, trouble)))
            if early and site is None and not trouble:
                return True
            done = "" if early else done
        if stop.is_set():
            return False
        self._prepare()
        self._drop(self._state.finish(site, problem))
        if problem:
            self._say(problem)
        if not code and done:
            self._say(f"{done} ({time.monotonic() - began:.1f} s)")
        return False

    def end(self) -> None:
        """Leave no process and no site behind."""
        for child in self._children.values():
            child.tell()
        for child in self._children.values():
            child.end()
        for thread in self._ending:
            thread.join()
        for name in (self._folder, self._folder + COMPILED):
            shutil.rmtree(self._root / ".fwd-report" / name, ignore_errors=True)
        self._lock.close()

    def _prepare(self) -> None:
        """Have a process ready for each command."""
        for module, libraries in ((self._build[0], BUILD_LIBRARIES), (MKDOCS, SITE_LIBRARIES)):
            if module not in self._children:
                self._children[module] = Child(self._root, libraries)

    def _show_of_before(self, stop: threading.Event) -> None:
        """Show the pages of an earlier build while a longer one is running."""
        if not self._navigation():
            return
        site, _ = self._site(stop)
        if site is not None and not stop.is_set():
            self._drop(self._state.finish(site, "", "building; what has not run yet is missing"))

    def _show_early(self, stop: threading.Event) -> bool:
        """Show the changed pages within the existing site, in a fraction of the time.

        The search index, which holds words of all pages, is complete again with the site that
        follows. Returns whether they are shown.
        """
        before = self._state.site
        if before is None:
            return False
        site, _ = self._site(stop, before)
        if site is None or stop.is_set():
            return False
        self._drop(self._state.finish(site, "", "putting the whole site together"))
        return True

    def _site(
        self,
        stop: threading.Event,
        before: Path | None = None,
        give_up: Callable[[], bool] | None = None,
    ) -> tuple[Path | None, str]:
        """A new folder with the site, or MkDocs' error; neither if it was given up.

        before: a site in which only pages older than their sources are rebuilt.
        """
        if problems := list(page_problems(self._root / "docs")):
            return None, "\n".join(map(str, problems))
        self._count += 1
        site = self._sites / str(self._count)
        config = mkdocs_config(self._root, self._trusted, self._address)
        arguments = [str(self._compiled), "build", "--quiet"]
        arguments += ["--config-file", "-", "--site-dir", str(site)]
        if before is not None:
            copy_site(before, site, self._root / "docs")
            arguments.append("--dirty")
        with held(self._root):
            code, output, errors = self._run(MKDOCS, arguments, config, stop, give_up)
        if code == GIVEN_UP:
            return None, ""
        if code:
            shutil.rmtree(site, ignore_errors=True)
            return None, f"mkdocs ended with exit code {code}:\n{(errors or output).strip()}"
        return site, ""

    def _run(
        self,
        module: str,
        arguments: Sequence[str],
        text: str,
        stop: threading.Event,
        give_up: Callable[[], bool] | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> tuple[int, str, str]:
        """Run a command in its waiting process; the exit code is GIVEN_UP if it was given up.

        meanwhile: called once if the command takes long.
        """
        child = self._children.pop(module, None)
        if child is None or not child.alive():
            child = Child(self._root)
        running = f"running {module}"
        self._children[running] = child
        began = time.monotonic()
        answer: list[tuple[int, str, str]] = []
        thread = threading.Thread(
            target=lambda: answer.append(child.run(module, arguments, text, self._heard)),
            daemon=True,
        )
        thread.start()
        while thread.is_alive() and not stop.is_set():
            thread.join(EVERY)
            if thread.is_alive() and meanwhile is not None and time.monotonic() > began + LONG:
                meanwhile()
                meanwhile = None
            if thread.is_alive() and give_up is not None and give_up():
                del self._children[running]
                self._ending.append(threading.Thread(target=child.end))
                self._ending[-1].start()
                return GIVEN_UP, "", ""
        if stop.is_set():
            return 0, "", ""
        del self._children[running]
        return answer[0]

    def _heard(self, line: str) -> None:
        if line.strip():
            self._state.hear(line)
            if build_output.PROGRESS.match(line) or line.startswith(
                ("warning", "WARNING", "waiting", "down")
            ):
                self._say(line)

    def _navigation(self) -> bytes:
        """The navigation around every page; empty if there are no pages."""
        try:
            return (self._root / "docs" / OWNED / NAV).read_bytes()
        except OSError:
            return b""

    def _drop(self, replaced: Path | None) -> None:
        """Remove the site before the replaced one, which may still be being sent to a browser."""
        if replaced is not None:
            if self._outdated is not None:
                shutil.rmtree(self._outdated, ignore_errors=True)
            self._outdated = replaced
