"""`quanshu check`: a department's file held against an exported rule set, without a node or a network."""

from __future__ import annotations

from pathlib import Path

import click

from quanshu.kernel.clock import today
from quanshu.lake.checks.offline import FileReport, check_file, read_rules


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--rules",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A rule set as exported on its page or by the API.",
)
def check(file: Path, rules: Path) -> None:
    """Check FILE (.csv, .xlsx, .parquet) by the exported RULES; exits with 1 when it should not be sent."""
    body = read_rules(rules)
    report = check_file(file, body, today=today())
    click.secho(f"{body['name']} v{body['number']} · {body['entry_name']}", bold=True)
    tell(report)
    rate = "-" if report.pass_rate is None else f"{report.pass_rate:.1%}"
    words = f"{report.passed:,} of {report.rows:,} rows pass ({rate})"
    if report.ok:
        click.secho(f"passed: {words}", fg="green")
        return
    click.secho(f"failed: {words}", fg="red", err=True)
    raise SystemExit(1)


def tell(report: FileReport) -> None:
    """What the contract and each rule found."""
    for number, column, message in report.refusals:
        click.echo(f"  row {number}, {column}: {message}")
    if report.refused:
        click.echo(f"  contract: {report.refused:,} rows would be refused")
    for rule in report.rules:
        if rule.skipped:
            click.echo(f"  {rule.name}: needs other tables, checked after landing")
            continue
        where = f" (rows {', '.join(str(number) for number in rule.rows)})" if rule.rows else ""
        click.echo(f"  {rule.name}: {rule.failed:,} of {rule.tested:,} fail{where}")


def attach(root: click.Group) -> None:
    """Add this command to the root."""
    root.add_command(check)
