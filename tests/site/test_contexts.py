"""What a prompt may say and a page does not do: values stay text wherever the prose prints them."""

from __future__ import annotations

import html
import time
from functools import cache
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown import Markdown

from fwd_report.site.contexts import URLS, PlaceError
from fwd_report.site.prose import render, render_inline

ROOT = Path(__file__).parents[2]
SHOWN = (
    "{{ v }}",
    "a *b* {{ v }} c",
    "# {{ v }}",
    "- {{ v }}\n- b",
    "1. a\n\n    {{ v }}",
    "> {{ v }}",
    "[{{ v }}](https://example.org)",
    "[a](https://example.org \"{{ v }}\")",
    "![{{ v }}](picture.png)",
    "| a |\n|---|\n| {{ v }} |",
    "term\n:   {{ v }}",
    "a[^1]\n\n[^1]: {{ v }}",
    "!!! note \"{{ v }}\"\n\n    {{ v }}",
    "??? note \"{{ v }}\"\n\n    {{ v }}",
    "<div markdown>\n{{ v }}\n</div>",
    "<div markdown=\"1\">\n\n- {{ v }}\n\n</div>",
    "<div>{{ v }}</div>",
    "<b>{{ v }}</b>",
    "a <span title=\"{{ v }}\">b</span>",
    "a <span title='{{ v }}'>b</span>",
    "<img alt=\"{{ v }}\" src=\"a.png\">",
    "<pre>{{ v }}</pre>",
    "<pre>\n\n{{ v }}\n\n</pre>",
    "a <code>{{ v }}</code>",
    "<svg><text>{{ v }}</text></svg>",
    "<svg><desc>{{ v }}</desc></svg>",
    "<math><mtext>{{ v }}</mtext></math>",
    "<textarea>{{ v }}</textarea>",
    "<table><tr><td>{{ v }}</td></tr></table>",
    "<details><summary>{{ v }}</summary></details>",
    "{% set s %}*{{ v }}*{% endset %}{{ s }}",
    "{% filter trim %}{{ v }}{% endfilter %}",
    "**{{ v }}** _{{ v }}_ ~~{{ v }}~~",
    "{% for x in [v, v] %}\n- {{ x }}\n{% endfor %}",
    "{% set tick = '`' | safe %}{{ tick }}{{ v }}{{ tick }}",
    "$x$ and {{ v }} and `code`",
)  # fmt: skip
"""Places where a value is shown, or is part of something harmless."""
LIVE = (
    "# a { #{{ v }} }",
    "<!-- {{ v }} -->",
    "[a]({{ v }})",
    "[a]({{ v }}:{{ v }})",
    "[a](javascript:{{ v }})",
    "[a][b]\n\n[b]: {{ v }}",
    "[a][b]\n\n[b]: <{{ v }}>",
    "![a]({{ v }})",
    "<{{ v }}>",
    "<{{ v }} src=x>",
    "<a href=\"{{ v }}\">a</a>",
    "<a href='{{ v }}'>a</a>",
    "<a href={{ v }}>a</a>",
    "<a href=\"x\" {{ v }}>a</a>",
    "<a href=\"x\" {{ v }}=\"{{ v }}\">a</a>",
    "<p onclick=\"{{ v }}\">a</p>",
    "<p onmouseover='{{ v }}'>a</p>",
    "<p style=\"{{ v }}\">a</p>",
    "<iframe srcdoc=\"{{ v }}\"></iframe>",
    "<iframe src=\"{{ v }}\"></iframe>",
    "<img src=\"{{ v }}\">",
    "<img src=x data-title=\"{{ v }}\">",
    "<form action=\"{{ v }}\"><button>a</button></form>",
    "<button formaction=\"{{ v }}\">a</button>",
    "<svg><a xlink:href=\"{{ v }}\"><text>a</text></a></svg>",
    "<svg><script>{{ v }}</script></svg>",
    "<svg><style>{{ v }}</style></svg>",
    "<svg><animate attributeName=\"href\" to=\"{{ v }}\"/></svg>",
    "<script>{{ v }}</script>",
    "<script>var a = \"{{ v }}\";</script>",
    "<script>{{ v }}",
    "<SCRIPT type=module>\n\n{{ v }}\n\n</SCRIPT>",
    "<style>{{ v }}</style>",
    "<style>a { b: {{ v }} }</style>",
    "<xmp>{{ v }}</xmp>",
    "<noscript>{{ v }}</noscript>",
    "<math><annotation-xml encoding=\"text/html\">{{ v }}</annotation-xml></math>",
    "a *b*{: onclick=\"{{ v }}\" }",
    "# a { onclick=\"{{ v }}\" }",
    "# a {: title={{ v }} }",
    "--8<-- \"{{ v }}\"",
    "{% set s = '```' | safe %}{{ s }}\n{{ v }}\n{{ s }}",
    "{% set s = '```' | safe %}{{ s }}\n{{ v }}",
    "{% set s = '~~~' | safe %}{{ s }} {{ v }}\n\n{{ v }}\n{{ s }}",
    "a\n\n{{ '    ' | safe }}{{ v }}",
    "<a title='\"' href=\"x\" onclick='{{ v }}'>a</a>",
    "<a title=\"`\" onclick=\"{{ v }}\">`",
    "<div title='{{ v }}\n\n>a</div>",
)  # fmt: skip
"""Places where text does something, or Markdown and browsers may disagree on what it is."""
PAYLOADS = (
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "\" onmouseover=\"hit()\" autofocus onfocus=\"hit()",
    "' onclick='hit()",
    "javascript:hit()",
    "java\tscript:hit()",
    "hit()",
    "--><script>hit()</script><!--",
    "</pre></code></svg></math></style></script></textarea></xmp><script>hit()</script>",
    "`<script>hit()</script>`",
    "```\n<script>hit()</script>",
    "~~~\n\n<script>hit()</script>",
    "[x](javascript:hit())",
    "![x](x){ onerror=hit() }",
    "{: onclick=hit() }",
    "<javascript:hit()>",
    "\u0002wzxhzdk:0\u0003",
    "]]><script>hit()</script>",
    "x onload=hit()",
    "*a* _b_ | c \\ & &lt; # $x$ {{ 7*7 }} [^1]",
)  # fmt: skip


@cache
def markdown() -> Markdown:
    """Python-Markdown with the project's extensions, which take far longer to load than to run."""
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["markdown_extensions"]
    names: list[str] = []
    configs: dict[str, Any] = {}
    for entry in settings:
        name, config = next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})
        names.append(name)
        configs[name] = config
    configs["pymdownx.snippets"] = {"base_path": ["."], "check_paths": False}
    return Markdown(extensions=names, extension_configs=configs)


@cache
def to_html(source: str, value: str) -> str | None:
    """The prose as MkDocs shows it, with the project's extensions; None where it is refused."""
    try:
        prose = render(source, {"v": value})
    except PlaceError:
        return None
    return markdown().reset().convert(prose)


class Found(HTMLParser):
    """The tags and attributes of a page, and what stands in scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts = ""
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.tags and self.tags[-1][0] in ("script", "style"):
            self.scripts += data


@pytest.mark.parametrize("source", SHOWN + LIVE)
def test_a_value_adds_no_markup_and_no_script(source: str) -> None:
    neutral = to_html(source, "word")
    expected = {tag for tag, _ in Found(neutral).tags} | {"p", "code"} if neutral else None
    for payload in PAYLOADS:
        page = to_html(source, payload)
        if page is None:
            continue
        found = Found(page)
        if expected is not None:
            assert {tag for tag, _ in found.tags} <= expected, f"{payload!r} became markup"
        assert "hit" not in found.scripts
        for tag, attributes in found.tags:
            for name, value in attributes.items():
                live = name.startswith("on") or name in ("style", "srcdoc")
                assert not (live and "hit" in (value or "")), f"{payload!r} runs in {tag} {name}"
                address = "".join((value or "").split()) if name in URLS else ""
                assert not address.lower().startswith("javascript:hit"), f"{payload!r} is a link"


@pytest.mark.parametrize("source", SHOWN)
def test_where_text_can_be_shown_a_value_is_shown_as_it_is(source: str) -> None:
    for payload in PAYLOADS[:4]:
        page = to_html(source, payload)
        assert page is not None
        found = Found(page)
        attributes = " ".join(
            v or ""
            for _, attrs in found.tags
            for n, v in attrs.items()
            if n in ("title", "alt", "id")
        )
        assert payload in html.unescape(found.text) or payload in html.unescape(attributes)


@pytest.mark.parametrize("source", LIVE)
def test_numbers_may_be_printed_where_text_may_not(source: str) -> None:
    if "<{{ v }}" not in source:
        assert to_html(source, 180) is not None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "source",
    [
        f"<b {'a' * 19_000} title='{{{{ v }}}}'>c</b>",
        f"{{{{ v }}}}\n\n[a]:{' ' * 19_000}\n\nb",
    ],
    ids=["attribute", "definition"],
)
def test_a_long_run_of_one_character_is_read_once(source: str) -> None:
    start = time.process_time()
    assert "1.5" in render(source, {"v": 1.5})
    assert time.process_time() - start < 0.7


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(PlaceError) as caught:
        render("fine\n<script>\n{{ v }}\n</script>", {"v": "text"})
    assert caught.value.lineno == 3  # type: ignore[attr-defined]
    assert "'text' in a script" in str(caught.value)


def test_no_value_runs_in_a_browser(page: Any) -> None:
    parts = []
    for number, (source, payload) in enumerate(product(SHOWN + LIVE, PAYLOADS[:9])):
        shown = to_html(source, payload)
        if shown is not None:
            numbered = shown.replace("hit()", f"hit({number})")
            parts.append(f"<section>{numbered}</section>")
    shown_twice = "*a* {{ v }} `{{ v }}` [a]({{ v }})"
    parts += [render_inline(shown_twice, {"v": payload}) for payload in PAYLOADS]
    page.set_content("<script>hits = []; function hit(n) { hits.push(n) }</script>")
    assert hits(page, ["<section><p onclick='hit(1)'></p><script>hit(2)</script></section>"]) == [
        2,
        1,
    ]
    page.set_content("<script>hits = []; function hit(n) { hits.push(n) }</script>")
    assert hits(page, parts) == []


def hits(page: Any, parts: list[str]) -> list[Any]:
    """What ran when the parts were put on a page and every element of them was used."""
    # As a document is parsed, not as innerHTML is: scripts would run.
    page.evaluate(
        """parts => {
            for (const part of parts)
                document.body.append(document.createRange().createContextualFragment(part));
        }""",
        parts,
    )
    page.evaluate(
        """() => {
            for (const element of document.querySelectorAll("section *")) {
                for (const name of ["click", "mouseover", "focus", "load", "error"])
                    element.dispatchEvent(new Event(name));
                const address = element.href?.baseVal ?? element.href ?? "";
                if (/^\\s*javascript:/i.test(address)) hits.push(address);
            }
        }"""
    )
    page.wait_for_timeout(300)
    return page.evaluate("hits")
