"""The files of `experiments/`, and a section's own keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from fwd_report.errors import Problem
from fwd_report.spec.document import Document
from fwd_report.spec.experiments import Draft
from fwd_report.spec.fields import SECTION_KEYS, SectionFields
from fwd_report.spec.project import FOLDER, REPORT, SectionSpec
from fwd_report.spec.validation import validated
from fwd_report.spec.yaml_nodes import Node, Scalar, YamlMapping, YamlSequence

RESERVED = ("index", "deliverables", REPORT)
"""Names that no section may have: the front page's, the rubric page's, and the report's."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def section_files(root: Path, problems: list[Problem]) -> dict[str, Path]:
    """The sections' files by name, sorted, without hidden files and folders.

    Two files with one name, and names that cannot be a page's, are problems.
    """
    folder = root / FOLDER
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix.lower() not in (".yaml", ".yml") or path.name.startswith("."):
            continue
        if path.name == f"{REPORT}.yaml" or not path.is_file():
            continue
        file = path.relative_to(root)
        name = path.stem.lower()
        if name in found:
            message = f"a second section is called '{name}'; the first is {found[name].name}"
            problems.append(Problem(message, file, hint="rename or remove one of the two"))
        elif name == REPORT:
            problems.append(Problem(f"rename it to {REPORT}.yaml", file))
        elif name in RESERVED:
            message = f"a section cannot be called '{name}'"
            problems.append(Problem(message, file, hint="rename the file"))
        else:
            if not _NAME.fullmatch(path.stem):
                plain = re.sub(r"[^a-z0-9]+", "-", name).strip("-") or "section"
                message = "a section's file is named in lower-case letters, digits and hyphens"
                problems.append(Problem(message, file, hint=f"rename it to {plain}.yaml"))
            found[name] = path
    return found


def build_section(
    document: Document, name: str, path: Path, drafts: Sequence[Draft]
) -> SectionSpec | None:
    """The section of a document whose experiments are built; None if anything is wrong."""
    values = {key: value for key, value in document.data.items() if value is not None}
    fields = validated(
        SectionFields, values, document, "a section", lambda key: (key,), known=SECTION_KEYS
    )
    specs = [draft.spec for draft in drafts if draft.spec is not None]
    if fields is None or len(specs) != len(fields.experiments):
        return None
    return SectionSpec(
        name=name,
        file=path,
        title=fields.title,
        order=fields.order,
        part=fields.part,
        covers=fields.covers,
        intro=fields.intro,
        outro=fields.outro,
        experiments=tuple(specs),
    )


def named_techniques(tree: YamlMapping) -> Iterator[str]:
    """The names of techniques in a section's file."""
    experiments = tree.get("experiments")
    for item in experiments.items if isinstance(experiments, YamlSequence) else ():
        named: Node | None = item.get("technique") if isinstance(item, YamlMapping) else None
        if isinstance(named, Scalar) and isinstance(named.value, str):
            yield named.value
