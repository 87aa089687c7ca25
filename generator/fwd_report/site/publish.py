"""Publishing: check, build strictly, and put the site into one folder of a branch of the remote."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath

from fwd_report.errors import Problem, RunError, UserError, counted
from fwd_report.git import Git, GitError
from fwd_report.site.branch import RemoteBranch, Tip
from fwd_report.site.check import check, errors_of, findings_as_text
from fwd_report.site.config import mkdocs_config
from fwd_report.site.inputs import shown_results
from fwd_report.site.lock import held
from fwd_report.site.markdown_bounds import page_problems
from fwd_report.site.page_folders import OWNED, scratch_folder
from fwd_report.site.published_files import MARK, Changes, changes, mark_of
from fwd_report.site.render_record import names
from fwd_report.site.results import ReportResult
from fwd_report.site.stamp import pages_current
from fwd_report.site.target import Target, target_address
from fwd_report.spec.project import FOLDER

TRIES = 6
"""How often a push that lost a race is repeated on top of the winner."""
NOTHING = "nothing to publish"
SOURCES = (FOLDER, "site_templates", "techniques", "mkdocs.yml", "docs")


def publish(
    report: ReportResult, root: Path, target: Target | None = None, dry_run: bool = False
) -> str:
    """Put the built site where `target` says; return what was done, or would be.

    The pages are those that a build wrote; if they are out of date, the check finds that. Raises
    RunError if the check finds an error, the pages change after it, or the build or the push fails;
    UserError if there is no repository or remote, the folder holds files that no publish wrote, a
    link below docs/ leads out of the project, or git would run commands that the repository of an
    untrusted project names.
    """
    target = target or Target()
    with held(root, "publish"):
        scratch = scratch_folder(root, "publish")
        trusted = report.project.trusted
        if not trusted:
            Git(root).require_plain()
        branch = RemoteBranch(root, target.remote, target.branch, scratch, trusted)
        findings = errors_of(check(report, root))
        if findings:
            raise RunError(f"not published:\n{findings_as_text(findings)}")
        tip = branch.fetch()
        address = target_address(report, root, branch, tip, target)
        with held(root):
            if not pages_current(report.project, shown_results(report), root):
                raise RunError("the pages changed while they were being published; run it again")
            site = scratch / f"site-{os.getpid()}-{time.time_ns()}"
            build_site(root, site, address, _last_commit_time(root), trusted)
        changed = uncommitted(root)
        said = _put(branch, tip, site, target, _message(root, changed), dry_run)
        scratch_folder(root, "publish")
    if changed and not said.startswith(NOTHING):
        said += f"\nnot committed, and part of it all the same:\n{names(changed)}"
    return f"{said}\n{_where(branch, address)}"


def build_site(
    root: Path,
    site: Path,
    site_url: str | None = None,
    built: str | None = None,
    trusted: bool = True,
) -> None:
    """Run `mkdocs build --strict` into `site`; raises RunError with MkDocs' message.

    Raises UserError if a link below docs/ leads out of the project: MkDocs would follow it.

    site_url: replaces the address in mkdocs.yml. built: the time of the build in seconds since
    1970, instead of now. trusted: whether the project's mkdocs.yml, which is code, is used.
    """
    if leading := links_out(root):
        raise UserError(
            f"{counted(len(leading), 'link')} below docs/ would publish what lies outside: they "
            f"lead out of the project:\n{names(leading)}",
            hint="put the files themselves there, or remove the links",
        )
    if problems := list(page_problems(root / "docs")):
        raise UserError(problems)
    command = ["mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)]
    config = None
    if site_url is not None or not trusted:
        config = mkdocs_config(root, trusted, site_url)
        command += ["--config-file", "-"]
    dated = {"SOURCE_DATE_EPOCH": built} if built else {}
    answer = subprocess.run(
        [sys.executable, "-P", "-m", *command],
        cwd=root,
        env={**dated, **os.environ, "NO_MKDOCS_2_WARNING": "1"},
        input=config,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if answer.returncode:
        raise RunError(f"mkdocs build --strict failed:\n{(answer.stderr or answer.stdout).strip()}")


def links_out(root: Path) -> list[str]:
    """The links in docs/, or docs/ itself, that end outside the project, as paths in the project.

    Links to folders are followed as MkDocs follows them, each folder once.
    """
    top = Path(os.path.realpath(root))
    found: list[str] = []
    seen: set[Path] = set()
    ahead = [top / "docs"]
    while ahead:
        path = ahead.pop()
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(top):
            found.append(path.relative_to(top).as_posix())
        elif real not in seen and real.is_dir():
            seen.add(real)
            ahead += [Path(entry.path) for entry in os.scandir(path)]
    return sorted(found)


def _put(
    branch: RemoteBranch,
    tip: Tip,
    built: Path,
    target: Target,
    message: str,
    dry_run: bool,
) -> str:
    """Push the site, again on top of others' pushes if need be; return what was done."""
    folder = target.prefix
    scratch = built.parent
    site = _site_files(built, scratch, folder)
    for _ in range(TRIES):
        blobs = branch.blobs(site, write=not dry_run)
        _check_way(tip, folder, branch.branch)
        there = {
            path.removeprefix(folder): blob
            for path, blob in tip.files.items()
            if path.startswith(folder)
        }
        mark = branch.content(there[MARK]) if MARK in there else None
        change = changes(there, blobs, mark)
        where = f"{folder or 'the root'} of the branch {branch.branch} of {branch.remote}"
        if change.foreign and not target.replace:
            raise UserError(_refusal(change, where, folder))
        if mark is not None and not change.any:
            return f"{NOTHING}: {where} ({branch.address}) holds this site already"
        size = sum(path.stat().st_size for path in site.values()) / 1e6
        what = f"{counted(len(site), 'file')} ({size:.1f} MB) into {where} ({branch.address})"
        if dry_run:
            return f"would push {what}\n{_listed(change, folder)}"
        put = {f"{folder}{name}": blob for name, blob in blobs.items()}
        (scratch / MARK).write_text(mark_of(blobs), encoding="utf-8")
        put |= branch.blobs({f"{folder}{MARK}": scratch / MARK})
        if tip.commit is None and folder:
            (scratch / ".nojekyll").touch()
            put |= branch.blobs({".nojekyll": scratch / ".nojekyll"})
        commit = branch.commit(tip, put, [f"{folder}{name}" for name in change.removed], message)
        if commit is None or branch.push(tip, commit):
            return f"pushed {what}: {_counts(change)}"
        time.sleep(random.uniform(0, 0.5))
        tip = branch.fetch()
    raise RunError(
        f"others push to {branch.branch} of {branch.remote} all the time: {TRIES} tries came "
        "second; nothing was published"
    )


def _site_files(site: Path, scratch: Path, folder: str) -> dict[str, Path]:
    """The files of a built site by their paths in its folder of the branch."""
    files = {
        path.relative_to(site).as_posix(): path
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }
    if not folder and ".nojekyll" not in files:
        # Without it GitHub runs Jekyll over the branch, which drops names that begin with "_".
        files[".nojekyll"] = scratch / "nojekyll"
        files[".nojekyll"].touch()
    return files


def _check_way(tip: Tip, folder: str, branch: str) -> None:
    for way in (PurePosixPath(folder), *PurePosixPath(folder).parents):
        if folder and way.as_posix() in tip.files:
            raise UserError(
                f"{way} is a file on the branch {branch}, so nothing can be put into {folder}",
                hint="choose another folder: --to NAME/",
            )


def _refusal(change: Changes, where: str, folder: str) -> Problem:
    one = len(change.foreign) == 1
    it, another = "it" if one else "them", "another" if folder else "a"
    files = names((f"{folder}{path}" for path in change.foreign), 20)
    return Problem(
        f"{where} holds {counted(len(change.foreign), 'file')} that fwd-report did not publish, "
        f"or that somebody changed since:\n{files}",
        hint=f"move {it} elsewhere on that branch; or publish into {another} folder, --to NAME/; "
        f"or, if nobody needs {it}, let the site take the place: --replace",
    )


def _listed(change: Changes, folder: str) -> str:
    lines = [_counts(change)]
    for sign, paths in (("+", change.added), ("~", change.changed), ("-", change.removed)):
        lines += [f"{sign} {folder}{path}" for path in paths]
    return "\n".join(lines)


def _counts(change: Changes) -> str:
    return (
        f"{len(change.added)} added, {len(change.changed)} changed, {len(change.removed)} removed"
    )


def _where(branch: RemoteBranch, address: str | None) -> str:
    """Where the site can be read, and which setting the host needs once."""
    if address is None:
        return (
            f"let your host serve the branch {branch.branch}; the address is not known: say it as "
            "`site_url` in experiments/report.yaml, so that the sitemap and the 404 page are right"
        )
    if ".gitlab." in address:
        return f"read it at {address}, once a `pages` job serves the branch {branch.branch}"
    setting = f"Settings → Pages → Deploy from a branch → {branch.branch}, / (root)"
    return f"read it at {address} in a minute or so (choose once, on GitHub: {setting})"


def _message(root: Path, changed: list[str]) -> str:
    """The commit's message: the commit that the site is of, and what of it was not committed."""
    git = Git(root)
    try:
        title = f"Site of {git('rev-parse', '--short', 'HEAD')}"
    except GitError:
        title = "Site"
    if not changed:
        return title
    return f"{title}, with changes that are not committed\n\n{names(changed, 30)}\n"


def uncommitted(root: Path) -> list[str]:
    """The sources of the report that differ from the last commit, relative to the project."""
    git = Git(root)
    there = [name for name in SOURCES if os.path.lexists(root / name)]
    try:
        prefix = git("rev-parse", "--show-prefix")
        said = git(
            "--no-optional-locks", "status", "--porcelain=v1", "-z", "--untracked-files=all",
            "--no-renames", "--ignore-submodules=all", "--", *there, f":(exclude)docs/{OWNED}",
        )  # fmt: skip
    except GitError:
        return []
    return sorted(line[3:].removeprefix(prefix) for line in said.split("\0") if line)


def _last_commit_time(root: Path) -> str | None:
    try:
        return Git(root)("log", "-1", "--format=%ct") or None
    except GitError:
        return None
