"""Mistakes of a section's file, its prose and its references: text, place, message, hint."""

from __future__ import annotations

from tests.spec.bad_experiments import one

BAD_SECTIONS = {
    "experiments without a dash": (
        "title: A\nexperiments:\n    id: one\n    technique: draw\n",
        "3:5",
        "should be a list",
        "begin it with a dash: `- id: one`",
    ),
    "experiments no list": ("title: A\nexperiments: 3\n", "2:14", "should be a list", ""),
    "experiment no mapping": ("title: A\nexperiments: [3]\n", "2:15", "`key: value`", ""),
    "section without title": ("order: 1\n", "1:1", "needs a field 'title'", ""),
    "blank title": ('title: " "\n', "1:8", "should not be blank", ""),
    "unknown key of a section": ("title: A\nintor: x\n", "2:1", "no field 'intor'", "'intro'?"),
    "covers a number": ("title: A\ncovers: [1.9]\n", "2:10", "covers[0] should be text", '"1.9"'),
    "text that begins with a template": (
        "title: A\nintro: {{ runs.a.seed }} is the seed\n",
        "2:9",
        "a key should be a plain word",
        "put a text with {{ … }} in quotes",
    ),
    "a key in another column": (
        "title: A\nexperiments:\n  - id: a\n   technique: draw\n",
        "4:4",
        "not valid YAML",
        "start in one column",
    ),
    "prose asks a run for what it has not": (
        one("technique: draw\ndiscussion: '{{ runs.a.param.steps }}'"),
        "6:28",
        "neither an experiment nor a run has 'param'",
        "did you mean 'params'?",
    ),
    "double braces in math": (
        one("technique: draw\ndiscussion: '$x_{{t}}$'"),
        "6:23",
        "prose knows no 't'",
        "double braces stand for a value",
    ),
    "unknown profile": ("title: A\ntitle@gpv: B\n", "2:1", "no profile 'gpv'", "'gpu'?"),
    "id by profile": (one("technique: draw\nid@gpu: b"), "6:5", "same under every profile", ""),
    "mistake under another profile": (
        one("technique: draw\nsteps: 2\nsteps@gpu: x"),
        "7:16",
        "(under the profile 'gpu')",
        "",
    ),
    "empty file": ("", "", "the file is empty", ""),
    "only a comment": ("# nothing\n", "", "the file is empty", ""),
    "a list": ("- a\n", "1:1", "`key: value` lines", ""),
    "a tab": ("title: A\n\torder: 1\n", "2:", "not valid YAML", "spaces"),
    "an open bracket": ("title: A\ncovers: [a\n", "3:1", "not valid YAML", ""),
    "a colon in a text": ("title: A: B\n", "1:9", "not valid YAML", "quotes"),
    "two documents": ("title: A\n---\ntitle: B\n", "2:1", "second document", ""),
    "a key twice": ("title: A\norder: 1\ntitle: B\n", "3:1", "first in line 1", "remove"),
    "a key twice, deep down": (
        one("technique: draw\nsteps: 1\nsteps: 2"),
        "7:5",
        "'steps' is written twice",
        "",
    ),
    "a tag": ("title: !!python/object/apply:os.getcwd []\n", "1:8", "not allowed", ""),
    "a binary": ("title: !!binary aGVsbG8=\n", "1:8", "the tag !!binary", ""),
    "a merge": ("title: A\n<<: {order: 1}\n", "2:1", "<< is not supported", ""),
    "an anchor in itself": ("title: &a [*a]\n", "1:12", "no finished anchor", ""),
    "aliases that explode": (
        "\n".join(
            ["title: A", f"a0: &a0 [{', '.join('x' * 10)}]"]
            + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
        ),
        "7:",
        "aliases included",
        "",
    ),
    "nesting without end": ("title: " + "[" * 200_000, "1:47", "nested too deeply", ""),
    "a control character": ("title: A\x07B\n", "1:9", "U+0007", ""),
    "an escaped control character": ('title: "A\\0B"\n', "1:8", "U+0000", ""),
    "a list as key": ("title: A\n? [a]\n: b\n", "2:3", "a plain word", ""),
    "template that is not closed": (
        "title: A\nintro: |\n  One\n\n  Two {{ runs.x \n",
        "5:3",
        "no valid template",
        "`{{` is closed by `}}`",
    ),
    "template that is closed by one brace": (
        "title: A\nintro: |\n  One {{ runs.x.seed }, two.\n  {{ runs.x.id }}\n",
        "3:3",
        "unexpected '}'",
        "`{{` is closed by `}}`",
    ),
    "tag that is closed by one brace": (
        "title: A\nintro: |\n  {% if 1 } x {% endif %}\n",
        "3:3",
        "unexpected '}'",
        "`{%` is closed by `%}`",
    ),
    "bracket that is not closed in a template": (
        "title: A\nintro: x {{ runs.x[0 }}\n",
        "2:8",
        "expected ']'",
        "{% raw %}",
    ),
    "unknown filter": ("title: A\nintro: x {{ 1 | rund }}\n", "2:17", "'rund'", "'round'?"),
    "unknown name in prose": (
        "title: A\nintro: |\n  One.\n  Seed {{ rnus.a.seed }}\n",
        "4:11",
        "knows no 'rnus'",
        "'runs'?",
    ),
    "unknown experiment in prose": (
        one("technique: draw") + "intro: |\n  One.\n  See {{ runs.b.seed }}.\n",
        "8:15",
        "no experiment 'b'",
        "there is: a",
    ),
    "unknown parameter in a caption": (
        one("technique: draw\ndiscussion: It took {{ runs.a[0].params.step }} steps."),
        "6:45",
        "draw has no parameter 'step'",
        "'steps'?",
    ),
    "unknown section in prose": (
        "title: A\nintro: See {{ report.secton.a.seed }}\n",
        "2:22",
        "no section 'secton'",
        "'section'?",
    ),
    "unknown reference": (
        one("technique: enlarge\nof: b"),
        "6:9",
        "no experiment 'b' in section 'section'",
        "there is: a",
    ),
    "reference to an unknown section": (
        one("technique: enlarge\nof: sectoin.a"),
        "6:9",
        "no section 'sectoin'",
        "'section'?",
    ),
    "reference to itself": (one("technique: enlarge\nof: a"), "6:9", "section.a → section.a", ""),
}
