"""`python -m fwd_report` is the `fwd-report` command."""

from fwd_report.cli import main

main()
