"""The rules a dataset is judged by, derived from its catalog entry, each with its reason and its sentence."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from ingestion.catalog import Bounds, Column, Dataset, Expectation
from ingestion.lake import quoted
from ingestion.validation.bridge import Bridge
from ingestion.validation.engine import Row, Rule
from ingestion.validation.evidence import EXAMPLES, Evidence, number, rows_said, share
from ingestion.validation.measure import (
    PROMISES_BROKEN,
    SAME_NUMBER,
    CountRule,
    literals,
    status_column,
    value_column,
    year_column,
)

FIRST_YEAR = 1789
FORECAST_YEARS = 100
NULL_SHARE_RISE = 0.05
FILLED = "the catalog promises that this column is filled"


def schema_rules() -> list[Rule]:
    """The batch has the columns of the catalog with the types of the catalog, and no other."""

    def say(rows: list[Row]) -> str:
        listed = (f"column {row['column']} is {row['found']} and the catalog says {row['pinned']}" for row in rows)
        return "; ".join(listed)

    return [
        Rule(
            "columns_as_catalogued",
            "ExpectColumnPairValuesToBeEqual",
            {"column_A": "found", "column_B": "pinned"},
            "a new, missing or retyped column means that the publisher's format changed under us",
            ("column", "found", "pinned"),
            say,
        )
    ]


def count_rules(dataset: Dataset, this_year: int) -> list[CountRule]:
    """Rows that must not exist, as SQL conditions."""
    rules = []
    part_column = dataset.part_column
    if part_column:
        condition = f"{quoted(part_column)} is distinct from part"
        reason = "an answer about another series must never stand under this one's name"
        rules.append(CountRule("other_part", condition, f"another {part_column} than was asked for", reason))
    value = value_column(dataset)
    if value:
        condition = f"not isfinite({quoted(value)})"
        rules.append(CountRule("not_finite", condition, f"a {value} that is no number", "a figure is finite, or null"))
    year = year_column(dataset)
    if year:
        rules.extend(_year_rules(dataset, year, this_year))
    for expectation in dataset.expectations:
        if expectation.no_row_where is not None:
            about = f"part in ({literals(expectation.parts)}) and " if expectation.parts else ""
            condition = f"{about}({expectation.no_row_where})"
            rules.append(CountRule(expectation.name, condition, expectation.says, expectation.reason))
    return rules


def promise_rules(dataset: Dataset) -> list[CountRule]:
    """Rows that lack what the catalog promises of every row, one rule a column."""
    value = value_column(dataset)
    rules = []
    for column in dataset.columns:
        if column.nullable or column.name == dataset.part_column:
            continue
        condition = f"{quoted(column.name)} is null"
        if column.type == "VARCHAR" and (value is None or column.name in dataset.key):
            condition = f"coalesce(trim({quoted(column.name)}), '') = ''"
        rules.append(CountRule(f"missing_{column.name}", condition, f"no {column.name}", FILLED))
    return rules


def _year_rules(dataset: Dataset, year: str, this_year: int) -> list[CountRule]:
    status = status_column(dataset)
    observed = f" and not contains(upper(coalesce({quoted(status)}, '')), 'F')" if status else ""
    last = this_year + FORECAST_YEARS
    return [
        CountRule(
            "after_this_year",
            f"{quoted(year)} between {this_year + 1} and {last}{observed}",
            f"a year after {this_year} that is no forecast",
            f"nobody has measured a year after {this_year}; forecasts carry the status F",
        ),
        CountRule(
            "year_plausible",
            f"{quoted(year)} not between {FIRST_YEAR} and {last}",
            f"the year is not between {FIRST_YEAR} and {last}",
            f"no series starts before {FIRST_YEAR}, and nobody projects more than {FORECAST_YEARS} years ahead",
        ),
    ]


def profile_rules(
    dataset: Dataset, evidence: Evidence, counted: Sequence[CountRule], promised: Sequence[CountRule]
) -> list[Rule]:
    """What must hold for each part as a whole."""
    tolerance = dataset.revision_tolerance
    identity = ("part",)

    def at_least(name: str, column: str, floor: str, reason: str, say: Callable[[list[Row]], str], *needs: str) -> Rule:
        arguments = {
            "column_A": column,
            "column_B": floor,
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        }
        return Rule(
            name, "ExpectColumnPairValuesAToBeGreaterThanB", arguments, reason, (*identity, column, floor, *needs), say
        )

    def at_most(name: str, column: str, most: float, reason: str, say: Callable[[list[Row]], str], *needs: str) -> Rule:
        arguments = {"column": column, "max_value": most}
        return Rule(name, "ExpectColumnValuesToBeBetween", arguments, reason, (*identity, column, *needs), say)

    def say_lost(rows: list[Row]) -> str:
        row = rows[0]
        lost = evidence.lost(row["part"])
        return (
            f"{number(row['n_lost'])} of the {number(row['previous_n_rows'])} rows in force are not in the new batch of"
            f" {number(row['n_rows'])} ({share(row['lost_share'])}, and at most {share(tolerance.row_loss_share)}"
            f" may go), for example {evidence.places(lost)}"
        )

    def say_changed(rows: list[Row]) -> str:
        row = rows[0]
        return (
            f"{number(row['n_changed'])} of {number(row['n_comparable'])} figures in force changed"
            f" ({share(row['changed_share'])}, and at most {share(tolerance.changed_share)} may: {tolerance.reason})"
            f"{_moves(evidence, row['part'])}"
        )

    def say_median(rows: list[Row]) -> str:
        row = rows[0]
        return (
            f"the median figure moved by {share(row['median_relative_change'])}, and at most"
            f" {share(tolerance.median_relative_change)} is tolerated ({tolerance.reason})"
            f"{_moves(evidence, row['part'])}"
        )

    def say_rectangle(rows: list[Row]) -> str:
        row = rows[0]
        uneven = evidence.uneven(row["part"])
        some = "".join(f"; {evidence.place(entry)} has {rows_said(entry['n_rows'], '')}" for entry in uneven)
        return (
            f"{number(row['n_rows'])} rows are not {number(row['n_entities'])} economies x {number(row['n_years'])}"
            f" years = {number(row['n_cells'])}, so a page is missing or came twice{some}"
        )

    rules = [
        at_least(
            "row_floor",
            "n_rows",
            "row_floor",
            "an answer with fewer rows than one year of all economies is not whole",
            lambda rows: (
                f"{number(rows[0]['n_rows'])} rows, and a whole answer has at least {number(rows[0]['row_floor'])}"
            ),
        ),
        at_least(
            "value_floor",
            "n_values",
            "value_floor",
            "an answer with hardly a value is an empty answer in disguise",
            lambda rows: (
                f"{number(rows[0]['n_values'])} of {number(rows[0]['n_rows'])} rows hold a value, and a whole answer"
                f" has at least {number(rows[0]['value_floor'])}"
            ),
            "n_rows",
        ),
        at_most(
            "lost_rows",
            "lost_share",
            tolerance.row_loss_share,
            "a publisher drops an economy now and then, and no more than that",
            say_lost,
            "n_lost",
            "n_rows",
            "previous_n_rows",
        ),
        at_most(
            "changed_share",
            "changed_share",
            tolerance.changed_share,
            tolerance.reason,
            say_changed,
            "n_changed",
            "n_comparable",
        ),
        at_most(
            "median_relative_change",
            "median_relative_change",
            tolerance.median_relative_change,
            tolerance.reason,
            say_median,
        ),
        at_most(
            "null_share_rise",
            "null_share_rise",
            NULL_SHARE_RISE,
            "one more empty year adds 2 percentage points; more than 5 means that figures were emptied",
            lambda rows: (
                f"{share(rows[0]['null_share'])} of the rows hold no value,"
                f" {number(round(100 * rows[0]['null_share_rise'], 1))} percentage points more than in force,"
                f" and at most {number(100 * NULL_SHARE_RISE)} more are tolerated"
            ),
            "null_share",
        ),
        at_least(
            "newest_year",
            "newest_year",
            "previous_newest_year",
            "a publisher adds years; an older newest year means an older edition, or a cut answer",
            lambda rows: (
                f"the newest year with a value is {rows[0]['newest_year']:.0f}, and the state in force reaches"
                f" {rows[0]['previous_newest_year']:.0f}"
            ),
        ),
    ]
    if dataset.is_rectangular:
        rules.append(
            Rule(
                "rectangular",
                "ExpectColumnPairValuesToBeEqual",
                {"column_A": "n_rows", "column_B": "n_cells"},
                "the publisher sends every economy with every year, null where nothing is known",
                ("part", "n_rows", "n_cells", "n_entities", "n_years"),
                say_rectangle,
            )
        )
    return [
        *rules,
        _key_rule(dataset, evidence),
        *(_count_rule(rule, dataset, evidence) for rule in counted),
        _promises_rule(promised, evidence),
    ]


def _key_rule(dataset: Dataset, evidence: Evidence) -> Rule:
    def say(rows: list[Row]) -> str:
        places = evidence.places(evidence.twice(rows[0]["part"]))
        named = ", ".join(dataset.key)
        return f"{places}: the key ({named}) comes more than once; {rows_said(rows[0]['n_key_unique'])}"

    return Rule(
        "key_unique",
        "ExpectColumnValuesToBeBetween",
        {"column": "n_key_unique", "max_value": 0},
        "two rows of one key cannot both be the figure, and a page that comes twice looks like this",
        ("part", "n_key_unique"),
        say,
    )


def _moves(evidence: Evidence, part: str) -> str:
    def after(row: Row) -> str:
        return "nothing" if row["after"] is None else number(row["after"])

    moved = [f"{evidence.place(row)} from {number(row['before'])} to {after(row)}" for row in evidence.moved(part)]
    return f", most of all {'; '.join(moved)}" if moved else ""


def _count_rule(rule: CountRule, dataset: Dataset, evidence: Evidence) -> Rule:
    shown = dataset.part_column

    def say(rows: list[Row]) -> str:
        found = evidence.rows(rows[0]["part"], rule.condition)
        instead = sorted({str(row[shown]) for row in found}) if shown and rule.name == "other_part" else []
        return _say_counted(rule, rows[0], evidence, f" ({', '.join(instead)})" if instead else "")

    arguments = {"column": rule.counter, "max_value": 0}
    return Rule(rule.name, "ExpectColumnValuesToBeBetween", arguments, rule.reason, ("part", rule.counter), say)


def _say_counted(rule: CountRule, row: Row, evidence: Evidence, about: str = "") -> str:
    found = evidence.rows(row["part"], rule.condition)
    return f"{evidence.places(found)}: {rule.says}{about}; {rows_said(row[rule.counter])} ({rule.reason})"


def _promises_rule(promised: Sequence[CountRule], evidence: Evidence) -> Rule:
    """One rule for all columns: each would cost the library as much as all of them, and they are a quarter of all."""
    counters = [rule.counter for rule in promised]

    def say(rows: list[Row]) -> str:
        broken = [rule for rule in promised if rows[0][rule.counter]]
        return "; ".join(_say_counted(rule, rows[0], evidence) for rule in broken)

    arguments = {"column": PROMISES_BROKEN, "max_value": 0}
    return Rule("filled", "ExpectColumnValuesToBeBetween", arguments, FILLED, ("part", *counters), say)


def said_beside(dataset: Dataset, column: Column) -> tuple[str, ...]:
    """Columns that say the same as a country code in another way."""
    beside = {
        ("world_bank_indicator", "country_id"): ("countryiso3code",),
        ("world_bank_country", "id"): ("region_id", "name"),
    }
    return beside.get((dataset.protocol, column.name), ())


def code_rules(dataset: Dataset, column: Column, evidence: Evidence, bridge: Bridge) -> list[Rule]:
    """Every code of a place is one that the bridge knows, and two statements about the same place agree."""
    beside = said_beside(dataset, column)
    hints = tuple(name for name in beside if name == "countryiso3code")
    rules = [_mapped(column.name, str(column.code_system), hints, bridge)]
    if hints:
        rules.append(_same_place(evidence))
    elif beside:
        rules.append(_same_kind())
    return rules


def listed_rule(columns: Sequence[Column]) -> Rule:
    """Every code of these columns is one that the catalog lists."""

    def say_column(name: str, rows: list[Row]) -> str:
        listed = "; ".join(f"{row['code']!r} on {rows_said(row['n_rows'], '')}" for row in rows[:EXAMPLES])
        more = f", and {len(rows) - EXAMPLES} more codes" if len(rows) > EXAMPLES else ""
        return f"{name} holds codes that the catalog does not list: {listed}{more}"

    def say(rows: list[Row]) -> str:
        about = {column.name: [row for row in rows if row["column_name"] == column.name] for column in columns}
        return "; ".join(say_column(name, found) for name, found in about.items() if found)

    def advise(rows: list[Row]) -> str:
        names = ", ".join(dict.fromkeys(row["column_name"] for row in rows))
        return f"if the publisher added or renamed a code, correct `codes` of {names} in the catalog"

    reason = "a renamed code would leave every mart that selects the old one; a new one may be a total among parts"
    arguments = {"column": "is_listed", "value_set": [True]}
    identity = ("part", "column_name", "code", "n_rows")
    return Rule("listed", "ExpectColumnValuesToBeInSet", arguments, reason, identity, say, advise)


def _mapped(column: str, system: str, hints: tuple[str, ...], bridge: Bridge) -> Rule:
    def say(rows: list[Row]) -> str:
        listed = "; ".join(f"{row[column]!r} on {rows_said(row['n_rows'], '')}" for row in rows[:EXAMPLES])
        more = f", and {len(rows) - EXAMPLES} more codes" if len(rows) > EXAMPLES else ""
        return f"{column} holds codes that the country bridge does not know in {system}: {listed}{more}"

    def advise(rows: list[Row]) -> str:
        lines = dict.fromkeys(_line_to_add(row, column, system, hints, bridge) for row in rows)
        return f"if they are real places, add to dbt_project/seeds/country_code.csv: {' and '.join(lines)}"

    reason = "a code that nobody mapped would drop its rows from every mart, or give them to the wrong country"
    # Not a set of all codes: the library copies what it is given some sixty times a rule.
    arguments = {"column": "stands_for"}
    identity = ("part", column, "n_rows", *hints)
    return Rule(f"known_{column}", "ExpectColumnValuesToNotBeNull", arguments, reason, identity, say, advise=advise)


def _line_to_add(row: Row, column: str, system: str, hints: tuple[str, ...], bridge: Bridge) -> str:
    """The seed line as it must stand there; the key is what the row itself suggests, else for a person to fill in."""
    suggested = next((row[hint] for hint in hints if row[hint]), row[column])
    iso3 = bridge.codes("world_bank_id").get(suggested, suggested if len(suggested) == 3 else "???")
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([system, row[column], iso3, ""])
    missing = "" if iso3 in bridge.entity_type_by_iso3 else f" (and {iso3} to dbt_project/seeds/country.csv)"
    return f"`{line.getvalue()}`{missing}"


def _same_place(evidence: Evidence) -> Rule:
    def say(rows: list[Row]) -> str:
        listed = "; ".join(
            f"{evidence.code('world_bank_iso2code', row['country_id'])} is said to be"
            f" {evidence.code('world_bank_id', row['countryiso3code'])} on {rows_said(row['n_rows'], '')}"
            for row in rows[:EXAMPLES]
        )
        return f"the two country codes of a row name different places: {listed}"

    arguments = {"column_A": "means", "column_B": "also_means", "ignore_row_if": "either_value_is_missing"}
    reason = "an aggregate that carries a country's code would pass for that country, and the other way round"
    identity = ("part", "country_id", "countryiso3code", "n_rows")
    return Rule("codes_agree", "ExpectColumnPairValuesToBeEqual", arguments, reason, identity, say)


def _same_kind() -> Rule:
    def say(rows: list[Row]) -> str:
        listed = "; ".join(
            f"{row['name']} ({row['id']}) is listed as {_a(row['listed_as'])} (region_id {row['region_id']!r})"
            f" and the country bridge knows it as {_a(row['typed_as'])}"
            for row in rows[:EXAMPLES]
        )
        more = f"; {len(rows)} such entries" if len(rows) > EXAMPLES else ""
        return f"an aggregate that looks like a country, or a country that looks like an aggregate: {listed}{more}"

    def advise(rows: list[Row]) -> str:
        return f"if the list is right, correct entity_type of {rows[0]['id']} in dbt_project/seeds/country.csv"

    arguments = {"column_A": "listed_as", "column_B": "typed_as", "ignore_row_if": "either_value_is_missing"}
    reason = "an aggregate among countries is counted twice in every sum and ranked as if people lived there"
    identity = ("part", "id", "name", "region_id", "listed_as", "typed_as")
    return Rule("aggregates_typed", "ExpectColumnPairValuesToBeEqual", arguments, reason, identity, say, advise=advise)


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "aggregate" else f"a {kind}"


def comparison_rule(expectation: Expectation) -> Rule:
    """What a catalogued expectation compares fits within its tolerance."""

    def one(row: Row) -> str:
        return f"{row['place']}: {number(row['found'])} where {number(row['expected'])} was expected"

    def say(rows: list[Row]) -> str:
        worst = sorted(rows, key=lambda row: -row["gap"])
        shown = "; ".join(one(row) for row in worst[:EXAMPLES])
        more = f", and {len(rows) - EXAMPLES} more" if len(rows) > EXAMPLES else ""
        return f"{expectation.says}: {shown}{more} ({expectation.reason})"

    return Rule(
        expectation.name,
        "ExpectColumnValuesToBeBetween",
        # The sum of floats differs in its last digits with the order of addition.
        {"column": "gap", "max_value": expectation.tolerance + SAME_NUMBER},
        expectation.reason,
        ("part", "place", "found", "expected", "gap"),
        say,
    )


def bounds_rules(dataset: Dataset, evidence: Evidence, parts: Sequence[str]) -> list[tuple[Rule, str, list[str]]]:
    """One rule per distinct bounds, the SQL condition of a row that breaks it, and the parts it is about.

    None where nothing is bounded or measured.
    """
    value = value_column(dataset)
    shared: dict[Bounds, list[str]] = {}
    for part in (dataset.part(part_id) for part_id in parts):
        if part.bounds.minimum is not None or part.bounds.maximum is not None:
            shared.setdefault(part.bounds, []).append(part.id)
    if value is None:
        return []
    found = []
    for order, (bounds, about) in enumerate(shared.items(), start=1):
        sides = ((bounds.minimum, "<"), (bounds.maximum, ">"))
        condition = " or ".join(f"{quoted(value)} {side} {limit!r}" for limit, side in sides if limit is not None)
        rule = Rule(
            f"within_bounds_{order}",
            "ExpectColumnValuesToBeBetween",
            {"column": value, "min_value": bounds.minimum, "max_value": bounds.maximum},
            bounds.reason,
            (value,),
            _say_bounds(bounds, value, condition, evidence),
            parts=tuple(about),
        )
        found.append((rule, condition, about))
    return found


def _say_bounds(bounds: Bounds, value: str, condition: str, evidence: Evidence) -> Callable[[list[Row]], str]:
    def one(row: Row) -> str:
        below = bounds.minimum is not None and row[value] < bounds.minimum
        side, bound = ("below", bounds.minimum) if below else ("above", bounds.maximum)
        return f"{evidence.place(row)}: {value} {number(row[value])} lies {side} {number(bound or 0)}"

    def say(rows: list[Row]) -> str:
        count = evidence.count(rows[0]["part"], condition)
        return f"{'; '.join(one(row) for row in rows)} ({bounds.reason}); {rows_said(count)}"

    return say
