"""Judges a candidate before anybody can see it: by itself, and against the release in force.

Bounds say their reason. Where a figure moved because a person accepted a quarantined batch,
that decision stands and the part is not judged a second time here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion import ledger
from ingestion.catalog import Catalog
from ingestion.errors import BuildRejected
from ingestion.home import Home
from ingestion.lake import quoted
from ingestion.validation.engine import Judge, Outcome, Rule
from warehouse.build import EXPORT_MEMORY, EXPORT_THREADS, reject, release_lock
from warehouse.release import Release, find_in_force

if TYPE_CHECKING:
    import pandas as pd

ROW_LOSS = 0.05
ROW_LOSS_REASON = "publishers add years and economies; more than one row in twenty gone is a loss somewhere upstream"
ECONOMY_LOSS = 0.05
ECONOMY_LOSS_REASON = "a publisher drops single economies; more than one in twenty gone at once is a cut-off answer"
KEPT_REASON = "dashboards and queries of others name it"
AGGREGATE_REASON = "an aggregate among countries is counted twice in every sum and ranked as if people lived there"
INDICATOR_MART = "fct_indicator_value"
COUNTRY_MART = "dim_country"
COUNTRY_COLUMNS = (
    *("iso3", "origin_iso3", "destination_iso3"),
    *("reporter_iso3", "partner_iso3", "sending_iso3", "receiving_iso3"),
)
# Marts that hold aggregates by design.
NOT_OF_COUNTRIES = ("dim_", "bridge_")
AGGREGATE_MART_ENDS = "_aggregate"
EXAMPLES = 5


@dataclass(frozen=True)
class Verdict:
    """One check: what was looked at, what was found, what may be, why, and whether it passed.

    ``is_waivable`` is True for checks that compare with the release in force: a change that
    is meant fails them, and ``accepted`` then holds the reason a person gave for it.
    """

    check: str
    subject: str
    observed: str
    bound: str
    reason: str
    passed: bool
    is_waivable: bool = False
    accepted: str | None = None

    def __str__(self) -> str:
        return f"{self.subject}: {self.observed}; {self.bound} ({self.reason})"

    def to_json(self) -> dict[str, Any]:
        """The verdict as ``release.json`` keeps it."""
        return asdict(self)


def audit(home: Home, release: Release, catalog: Catalog, accept_change: str | None = None) -> Release:
    """Judge a candidate, write the verdicts into its ``release.json``, and give the audited release.

    ``accept_change`` is a person's reason why a difference to the release in force is meant;
    it is kept, and it waives nothing but such differences.

    Raises:
        BuildRejected: a check failed; the candidate then stands among the rejected ones.
        HomeError: another process is at it.
    """
    with release_lock(home):
        if release.is_audited:
            return release
        verdicts = _judge(home, release, catalog)
        if accept_change:
            verdicts = [_waived(verdict, accept_change) for verdict in verdicts]
        kept = [verdict.to_json() for verdict in verdicts]
        judged = release.with_facts(audits=kept, accepted_change=accept_change)
        failed = [verdict for verdict in verdicts if not verdict.passed]
        if not failed:
            return judged
        rejection = _rejection(home, release, failed)
        reject(home, judged.folder, rejection, kept)
        raise rejection


def _waived(verdict: Verdict, reason: str) -> Verdict:
    if verdict.passed or not verdict.is_waivable:
        return verdict
    return dataclasses.replace(verdict, passed=True, accepted=reason)


def _rejection(home: Home, release: Release, failed: list[Verdict]) -> BuildRejected:
    more = f" (and {len(failed) - 1} more findings)" if len(failed) > 1 else ""
    next_step = f"read {home.rejected / release.id / 'verdict.json'}"
    if all(verdict.is_waivable for verdict in failed):
        next_step += "; if the change is meant, `braindrain build`, then `braindrain publish --accept-change REASON`"
    return BuildRejected(f"{failed[0]}{more}", f"release {release.id}", f"{next_step}; the release in force stays")


def _judge(home: Home, release: Release, catalog: Catalog) -> list[Verdict]:
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{EXPORT_MEMORY}'")
        connection.execute(f"set threads = {EXPORT_THREADS}")
        connection.execute("set temp_directory = $folder", {"folder": str(home.scratch)})
        verdicts = [*_no_aggregates(connection, release), *_expectations(release)]
        previous = find_in_force(home)
        if previous is not None:
            accepted = _accepted_parts(home, catalog, previous)
            verdicts += _against(release, previous)
            verdicts += _figures_against(connection, release, previous, catalog, accepted)
        return verdicts


def _accepted_parts(home: Home, catalog: Catalog, previous: Release) -> list[str]:
    """Parts that a person accepted out of quarantine since the previous release was built."""
    return sorted(
        event.part
        for dataset in catalog.datasets
        for event in ledger.read_events(home, dataset.id)
        if event.outcome == ledger.ACCEPTED and event.at > previous.facts["created_at"]
    )


# --- by itself ---------------------------------------------------------------------------


def _no_aggregates(connection: duckdb.DuckDBPyConnection, release: Release) -> Iterator[Verdict]:
    """No country mart holds the code of an aggregate, a residual or a part of a country."""
    if COUNTRY_MART not in release.marts:
        return
    for name, mart in release.marts.items():
        columns = [column["name"] for column in mart["columns"] if column["name"] in COUNTRY_COLUMNS]
        if not columns or name.startswith(NOT_OF_COUNTRIES) or name.endswith(AGGREGATE_MART_ENDS):
            continue
        codes = " union ".join(
            f"select {quoted(column)} as iso3 from read_parquet($mart)"  # noqa: S608 (columns of our own list, quoted)
            for column in columns
        )
        found = connection.execute(
            f"""
            select iso3 from ({codes}) semi join (
                select iso3 from read_parquet($countries) where entity_type in ('aggregate', 'residual', 'subnational')
            ) using (iso3) order by iso3
            """,  # noqa: S608 (made of the text above)
            {"mart": release.mart_source(name), "countries": release.mart_source(COUNTRY_MART)},
        ).fetchall()
        listed = _some([code for (code,) in found])
        observed = f"{len(found)} codes that are no country{f' ({listed})' if found else ''}"
        yield Verdict("no_aggregates", name, observed, "none may be", AGGREGATE_REASON, not found)


def _expectations(release: Release) -> Iterator[Verdict]:
    """What great-expectations finds in each mart: keys, rates, release id."""
    judge = Judge(f"release {release.id}")
    for name, mart in release.marts.items():
        rules = _rules(release, mart)
        needed = sorted({column for rule in rules for column in rule.identity})
        for outcome in judge.evaluate(_frame(release.mart_file(name), needed), rules):
            yield _said(name, mart["rows"], outcome)


def _frame(path: Path, columns: list[str]) -> pd.DataFrame:
    """Only the columns that are judged, texts as categories: a seventh of the time of texts, and less memory."""
    schema = pq.read_schema(path)
    texts = [name for name in columns if pa.types.is_string(schema.field(name).type)]
    table = pq.read_table(path, columns=columns, read_dictionary=texts, use_threads=False)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _rules(release: Release, mart: dict[str, Any]) -> list[Rule]:
    def rule(name: str, expectation: str, arguments: dict[str, Any], reason: str, *columns: str) -> Rule:
        return Rule(name, expectation, arguments, reason, columns, lambda rows: f"{len(rows)} rows")

    key: list[str] = mart["key"]
    rules = []
    if len(key) == 1:
        reason = "two rows of one key cannot both be true"
        rules.append(rule("key_unique", "ExpectColumnValuesToBeUnique", {"column": key[0]}, reason, key[0]))
    elif key:
        reason = "two rows of one key cannot both be true"
        rules.append(rule("key_unique", "ExpectCompoundColumnsToBeUnique", {"column_list": key}, reason, *key))
    for column in mart["columns"]:
        name = column["name"]
        if name in key and not column["nullable"]:
            reason = "a row without its key is about nothing"
            rules.append(rule(f"{name}_known", "ExpectColumnValuesToNotBeNull", {"column": name}, reason, name))
        if name.startswith("rate_") and not name.endswith("_pct") and column["type"] == "DOUBLE":
            limits = {"column": name, "min_value": 0, "max_value": 1}
            reason = "a rate_… is a share of a whole, 0 to 1"
            rules.append(rule(f"{name}_is_share", "ExpectColumnValuesToBeBetween", limits, reason, name))
        if name == "release_id":
            only = {"column": name, "value_set": [release.id]}
            reason = "every row says which release it belongs to, so that a reader can see a mixture"
            rules.append(rule("one_release", "ExpectColumnDistinctValuesToBeInSet", only, reason, name))
    return rules


def _said(mart: str, rows: int, outcome: Outcome) -> Verdict:
    found = outcome.result["result"]
    unexpected = found.get("unexpected_count")
    if unexpected is None:
        observed = f"values {_some([str(value) for value in found.get('observed_value') or []])}"
    else:
        examples = _some([str(value) for value in found.get("partial_unexpected_list", [])]) if unexpected else ""
        observed = f"{unexpected:,} of {rows:,} rows break it{f', for example {examples}' if examples else ''}"
    rule = outcome.rule
    bound = f"{rule.expectation} {' '.join(map(str, rule.arguments.values()))}"
    return Verdict(rule.name, mart, observed, bound, rule.reason, outcome.held)


# --- against the release in force ---------------------------------------------------------


def _against(release: Release, previous: Release) -> Iterator[Verdict]:
    """No mart or column is gone or has another type, and none lost many rows."""
    gone = sorted(previous.marts.keys() - release.marts.keys())
    observed = f"{len(gone)} marts of {previous.id} are gone{f' ({_some(gone)})' if gone else ''}"
    yield Verdict("marts_kept", "all marts", observed, "none may be", KEPT_REASON, not gone, is_waivable=True)
    for name in sorted(previous.marts.keys() & release.marts.keys()):
        yield _columns_kept(name, release.marts[name], previous.marts[name])
        yield _rows_kept(name, release.marts[name]["rows"], previous.marts[name]["rows"])


def _columns_kept(name: str, mart: dict[str, Any], before: dict[str, Any]) -> Verdict:
    now = {column["name"]: column["type"] for column in mart["columns"]}
    changed = [
        f"{column['name']} was {column['type']} and is {now.get(column['name'], 'gone')}"
        for column in before["columns"]
        if now.get(column["name"]) != column["type"]
    ]
    observed = f"{len(changed)} columns changed{f' ({_some(changed)})' if changed else ''}"
    return Verdict("columns_kept", name, observed, "none may", KEPT_REASON, not changed, is_waivable=True)


def _rows_kept(name: str, rows: int, before: int) -> Verdict:
    lost = max(before - rows, 0) / before if before else 0.0
    observed = f"{rows:,} rows, {before:,} in force ({lost:.1%} fewer)"
    bound = f"at most {ROW_LOSS:.0%} may go"
    return Verdict("rows_kept", name, observed, bound, ROW_LOSS_REASON, lost <= ROW_LOSS, is_waivable=True)


def _figures_against(
    connection: duckdb.DuckDBPyConnection,
    release: Release,
    previous: Release,
    catalog: Catalog,
    accepted_parts: list[str],
) -> Iterator[Verdict]:
    """Economies lost per indicator, and how much of each dataset was revised by how much."""
    if INDICATOR_MART not in release.marts or INDICATOR_MART not in previous.marts:
        return
    connection.execute(
        """
        create temp table compared as
        select
            dataset_id, indicator_code, iso3, year, old.value as old_value, new.value as new_value,
            case when old.value <> 0 then abs(new.value - old.value) / abs(old.value) end as relative_change
        from read_parquet($old) as old
        full join read_parquet($new) as new using (dataset_id, indicator_code, iso3, year)
        where not list_contains($accepted, indicator_code)
        """,
        {
            "old": previous.mart_source(INDICATOR_MART),
            "new": release.mart_source(INDICATOR_MART),
            "accepted": accepted_parts,
        },
    )
    yield from _economies_kept(connection)
    yield from _revisions_bounded(connection, catalog)


def _economies_kept(connection: duckdb.DuckDBPyConnection) -> Iterator[Verdict]:
    rows = connection.execute(
        """
        with economies as (
            select
                indicator_code, iso3,
                count(old_value) > 0 as was_known,
                count(new_value) > 0 as is_known
            from compared group by indicator_code, iso3
        )
        select
            indicator_code,
            count(*) filter (was_known) as n_before,
            list(iso3 order by iso3) filter (was_known and not is_known) as lost
        from economies group by indicator_code having n_before > 0
        order by len(lost) / n_before desc nulls last, indicator_code
        """
    ).fetchall()
    for indicator, before, lost in rows:
        share = len(lost or []) / before
        observed = f"{len(lost or [])} of {before} economies lost all figures{f' ({_some(lost)})' if lost else ''}"
        bound = f"at most {ECONOMY_LOSS:.0%} may"
        yield Verdict("economies_kept", indicator, observed, bound, ECONOMY_LOSS_REASON, share <= ECONOMY_LOSS, True)


def _revisions_bounded(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> Iterator[Verdict]:
    rows = connection.execute(
        """
        select
            dataset_id,
            count(*) as n_comparable,
            count(*) filter (new_value is distinct from old_value) as n_changed,
            coalesce(median(relative_change), 0) as median_change
        from compared where old_value is not null group by dataset_id order by dataset_id
        """
    ).fetchall()
    for dataset_id, comparable, changed, median in rows:
        tolerance = catalog.dataset(dataset_id).revision_tolerance
        observed = f"{changed:,} of {comparable:,} figures in force changed ({changed / comparable:.1%})"
        bound = f"at most {tolerance.changed_share:.0%} may"
        passed = changed / comparable <= tolerance.changed_share
        yield Verdict("changed_share", dataset_id, observed, bound, tolerance.reason, passed, True)
        observed = f"the median figure moved by {median:.2%}"
        bound = f"at most {tolerance.median_relative_change:.0%} is tolerated"
        passed = median <= tolerance.median_relative_change
        yield Verdict("median_relative_change", dataset_id, observed, bound, tolerance.reason, passed, True)


def _some(names: list[str]) -> str:
    """The first few of a list, in words."""
    more = f" and {len(names) - EXAMPLES} more" if len(names) > EXAMPLES else ""
    return ", ".join(names[:EXAMPLES]) + more
