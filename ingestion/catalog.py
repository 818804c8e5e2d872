"""The catalog: the single place that knows what we pull, from whom, under which terms.

One YAML file per source stands in ``ingestion/catalog/``. From it come the DAGs, the
expectation suites, the dbt sources, the data dictionary and the citation sheet.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingestion.errors import CatalogError
from ingestion.home import SAFE_NAME

CATALOG_FOLDER = Path(__file__).parent / "catalog"
# Every command, task and DAG file reads the catalog: with libyaml in a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Entry(BaseModel):
    """Base of every catalog entry: frozen, and no key is accepted that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Licence(Entry):
    """What a user of the figures may do, as the publisher states it."""

    name: str
    url: str
    commercial: bool
    redistributable: bool
    share_alike: bool
    attribution: bool


class Budget(Entry):
    """How often the provider lets itself be asked."""

    requests: int = Field(gt=0)
    per_seconds: int = Field(gt=0)
    downloads_only: bool = False
    """Whether the provider counts downloads of data, and not small questions about them."""


class Column(Entry):
    """One column of the batch, as the provider shapes it."""

    name: str
    type: Literal["VARCHAR", "DOUBLE", "INTEGER", "BIGINT", "DATE"]
    description: str
    unit: str | None = None
    nullable: bool = False
    code_system: str | None = None
    """Name of the code system in the country bridge whose codes this column must hold."""
    codes: tuple[str, ...] | None = None
    """Every code this column may hold, where they are few: one that is new or renamed is a finding."""


class Bounds(Entry):
    """A range every value must lie in, and why it is that range."""

    minimum: float | None = None
    maximum: float | None = None
    reason: str


class Expectation(Entry):
    """What must hold for the figures of a dataset beyond what every dataset is held to.

    Either ``no_row_where``, an SQL condition over the dataset's columns that is true for a row that must not be;
    or ``compare``, an SQL query over ``batch`` (the columns and ``part``) with one row per comparison: ``part``,
    ``place`` (words), ``found`` and ``expected``, which may differ by ``tolerance``, a share of ``expected``.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    says: str
    """What is wrong, in words, when it does not hold."""
    reason: str
    no_row_where: str | None = None
    compare: str | None = None
    tolerance: float = Field(default=0, ge=0)
    parts: tuple[str, ...] = ()
    """Parts it is about, where it is not about all of them."""

    @model_validator(mode="after")
    def is_one_of_two(self) -> Expectation:
        """It counts rows or compares numbers, not both."""
        if (self.no_row_where is None) == (self.compare is None):
            raise ValueError(f"expectation {self.name}: give no_row_where or compare")
        return self


class Part(Entry):
    """What is asked for, judged and accepted on its own: an indicator, or a whole file."""

    id: str
    title: str
    unit: str
    parameters: dict[str, str] = Field(default_factory=dict)
    """What the protocol needs to ask for this part, e.g. the key of a data query."""
    decimals: int | None = None
    concepts: tuple[str, ...]
    direction: Literal["higher_is_more_push", "higher_is_more_pull", "neutral"] = "neutral"
    method: str | None = None
    estimate_kind: Literal["observed", "estimated", "modelled"] = "observed"
    """How its figures come about where the publisher flags none: counted or surveyed, estimated, or made by a model."""
    bounds: Bounds
    row_floor: int = Field(gt=0, description="fewest rows a complete answer has")
    value_floor: int = Field(ge=0, description="fewest rows of a complete answer that hold a value")
    successor: str | None = None


class RevisionTolerance(Entry):
    """How much of a part may change between two versions before a person must look."""

    changed_share: float = Field(gt=0, le=1)
    median_relative_change: float = Field(gt=0)
    row_loss_share: float = Field(gt=0, lt=1)
    reason: str


class Dataset(Entry):
    """One table of one publisher."""

    id: str
    title: str
    description: str
    protocol: str
    endpoint: str
    parameters: dict[str, str] = Field(default_factory=dict)
    country_codes: str
    key: tuple[str, ...]
    measures: tuple[str, ...]
    """Columns whose change is a revision; the rest of a row describes it."""
    columns: tuple[Column, ...]
    part_column: str | None = None
    """The column that says which part a row belongs to; it must hold the part's id."""
    is_rectangular: bool = False
    """Whether the publisher sends every entity with every year, null where nothing is known."""
    expectations: tuple[Expectation, ...] = ()
    cadence: str
    release_calendar: str
    citation: str
    revision_tolerance: RevisionTolerance
    parts: tuple[Part, ...]

    @model_validator(mode="after")
    def names_agree(self) -> Dataset:
        """Key and measures are columns, and no part is listed twice."""
        names = {column.name for column in self.columns}
        named = (*self.key, *self.measures, *filter(None, [self.part_column]))
        missing = [name for name in named if name not in names]
        if missing:
            raise ValueError(f"dataset {self.id}: key, measures or part_column name no column: {', '.join(missing)}")
        blank = [name for name in self.key if self.column(name).nullable]
        if blank:
            raise ValueError(f"dataset {self.id}: key columns may not be nullable: {', '.join(blank)}")
        ids = [part.id for part in self.parts]
        unsafe = [name for name in (self.id, *ids) if not SAFE_NAME.fullmatch(name)]
        if unsafe:
            raise ValueError(f"dataset {self.id}: no file can be called {', '.join(unsafe)}")
        twice = sorted({part for part in ids if ids.count(part) > 1})
        if twice:
            raise ValueError(f"dataset {self.id}: listed twice: {', '.join(twice)}")
        return self

    def part(self, part_id: str) -> Part:
        """The part with that id.

        Raises:
            CatalogError: no such part.
        """
        for part in self.parts:
            if part.id == part_id:
                return part
        where = f"catalog, dataset {self.id}"
        raise CatalogError(f"no part '{part_id}'", where, "run `braindrain catalog` for the ids")

    def page_of(self, part_id: str) -> str:
        """The address a person compares a part with: the endpoint, its gaps filled as the part says."""
        filled = self.endpoint
        for name, value in self.part(part_id).parameters.items():
            filled = filled.replace("{" + name + "}", value)
        return f"{filled}/{part_id}" if self.protocol == "world_bank_indicator" else filled

    def column(self, name: str) -> Column:
        """The column with that name (it is known to exist)."""
        return next(column for column in self.columns if column.name == name)


class Source(Entry):
    """One publisher's service: who publishes, where, under which licence, how often it may be asked."""

    id: str
    publisher: str
    title: str
    homepage: str
    hosts: tuple[str, ...]
    headers: dict[str, str] = Field(default_factory=dict)
    """Request headers the publisher insists on."""
    transient_status: tuple[int, ...] = ()
    """HTTP statuses by which this publisher means: later."""
    schedule: str
    owner: str
    licence: Licence
    budget: Budget
    largest_payload_bytes: int = Field(gt=0)
    datasets: tuple[Dataset, ...]


class Catalog(Entry):
    """All sources."""

    sources: tuple[Source, ...]

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """Every dataset of every source, in catalog order."""
        return tuple(dataset for source in self.sources for dataset in source.datasets)

    def source(self, source_id: str) -> Source:
        """The source with that id.

        Raises:
            CatalogError: no such source.
        """
        for source in self.sources:
            if source.id == source_id:
                return source
        raise CatalogError(f"no source '{source_id}'", "catalog", "run `braindrain catalog` for the ids")

    def dataset(self, dataset_id: str) -> Dataset:
        """The dataset with that id.

        Raises:
            CatalogError: no such dataset.
        """
        for dataset in self.datasets:
            if dataset.id == dataset_id:
                return dataset
        raise CatalogError(f"no dataset '{dataset_id}'", "catalog", "run `braindrain catalog` for the ids")

    def source_of(self, dataset_id: str) -> Source:
        """The source that publishes a dataset.

        Raises:
            CatalogError: no such dataset.
        """
        dataset = self.dataset(dataset_id)
        return next(source for source in self.sources if dataset in source.datasets)


@cache
def load_catalog(folder: Path = CATALOG_FOLDER) -> Catalog:
    """Read every ``*.yml`` of the folder.

    Raises:
        CatalogError: a file is not valid YAML or not a valid source.
    """
    sources = []
    for path in sorted(folder.glob("*.yml")):
        try:
            read = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 (it is a safe one)
            sources.append(Source.model_validate(read))
        except (ValidationError, yaml.YAMLError) as error:
            raise CatalogError(str(error), f"catalog file {path.name}", "mend the file") from error
    return Catalog(sources=tuple(sources))
