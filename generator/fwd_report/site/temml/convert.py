"""Formulas to MathML, one JSON line in and one out: a script that runs in its own process.

Whatever a formula makes V8 do happens here. `site/converter.py` starts and ends this process.
"""

import json
import os
import sys
from pathlib import Path

from py_mini_racer import MiniRacer

TEMML = Path(__file__).parent / "temml.min.js"
CONVERT = """
(latex, display) => {
    try {
        const options = {displayMode: display, throwOnError: true, trust: false, maxExpand: 1000,
            macros: {...ALIASES}};
        return "made " + temml.renderToString(latex, options);
    } catch (error) {
        return "failed " + String(error.message ?? error);
    }
}
"""


def main() -> None:
    """Read the aliases, report that all is loaded, then answer each [latex, display] in order."""
    seconds, most_bytes = float(sys.argv[1]), int(sys.argv[2])
    engine = MiniRacer()
    engine.eval(TEMML.read_text(encoding="utf-8"))
    engine.eval(f"ALIASES = {sys.stdin.readline()}; convert = {CONVERT}")
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        latex, display = json.loads(line)
        try:
            said = engine.call(
                "convert", latex, display, timeout_sec=seconds, max_memory=most_bytes
            )
        except Exception as error:
            said = f"stopped {type(error).__name__}"
        print(json.dumps(str(said)), flush=True)


main()
os._exit(0)  # V8's own thread would keep the interpreter from ending
