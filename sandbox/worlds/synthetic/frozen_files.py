"""Files of the synthetic world that no longer change, most of them placed by hand: authors' data of brain drain.

Each derives from the simulation and keeps its authors' habits: spellings of codes, names, shares in single precision,
a row of shares between totals and people. The governance workbook repeats what the World Bank's API publishes.
"""

from __future__ import annotations

import datetime
import gzip
import io
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sandbox.worlds import File
from sandbox.worlds.synthetic import SyntheticWorld
from sandbox.worlds.synthetic.economies import economies, places
from sandbox.worlds.synthetic.simulation import FIRST_YEAR, Array
from sandbox.worlds.synthetic.workbooks import Cell, archive, xlsx

FROZEN = "2013-06-01"
FEMALE_AT_HOME = 0.497
"""The simulation tells residents by education only; this is their share of females everywhere."""
TERTIARY = 2

IAB_YEARS = (1980, 1985, 1990, 1995, 2000, 2005, 2010)
IAB_DESTINATIONS = "AUS AUT CAN CHE CHL DEU DNK ESP FIN FRA GBR GRC IRL LUX NLD NOR NZL PRT SWE USA"
IAB_LACKS = "ABW ASM BMU CHI CUW CYM FRO GIB GRL GUM IMN MAF MNE MNP NCL PRI PRK PYF SRB SSD SXM TCA VGB VIR XKX"
"""Economies that are no origins there; three of them are in Serbia and Montenegro."""
IAB_TOGETHER = ("SRB&MNE", "Serbia and Montenegro", "MNE SRB XKX")
# The authors' file has the codes of Guinea and Guinea-Bissau on each other's rows.
IAB_CODES = {
    "AND": "ADO", "ARE": "UAE", "COD": "ZAR", "GIN": "GNB", "GNB": "GIN", "NRU": "NAU", "PSE": "WBG", "ROU": "ROM",
    "SGP": "SIN", "TLS": "TMP",
}  # fmt: skip
IAB_NAMES = {
    "BRN": "Brunei", "COD": "Congo, Dem. Rep. of the", "COG": "Congo, Rep. of the", "CPV": "Cape Verde",
    "CZE": "Czech Republic", "EGY": "Egypt", "FSM": "Micronesia, Federated States of", "HKG": "China, Hong Kong SAR",
    "IRN": "Iran", "KGZ": "Kyrgyzstan", "KNA": "Saint Kitts and Nevis", "KOR": "Korea", "LAO": "Laos",
    "LCA": "Saint Lucia", "MAC": "China, Macao SAR", "MKD": "Macedonia", "NRU": "Nauru",
    "PSE": "Occupied Palestinian Territory", "RUS": "Russia", "SOM": "Somalia", "SVK": "Slovakia", "SWZ": "Swaziland",
    "SYR": "Syria", "TLS": "Timor Leste", "TUR": "Turkey", "VCT": "Saint Vincent and the Grenadines",
    "VEN": "Venezuela", "VNM": "Vietnam", "YEM": "Yemen",
}  # fmt: skip
IAB_UNKNOWN_SHARE = 0.004

DLM_YEARS = (1990, 2000)
GBMD_YEARS = (1960, 1970, 1980, 1990, 2000)
GBMD_CODES = {"IMN": "IMY", "ROU": "ROM", "XKX": "KSV"}
GBMD_WITHOUT_DATA = "CHI"
GBMD_ORIGINS_LISTED = 12
"""The largest origins of a destination stand alone, the rest under zzz; the authors give the whole matrix."""
GBMD_REST = "zzz"

WGI_ADDRESS = "www.worldbank.org/content/dam/sites/govindicators/doc/wgidataset.xlsx"
WGI_CODES = {"AND": "ADO", "COD": "ZAR", "PSE": "WBG", "ROU": "ROM", "TLS": "TMP", "XKX": "KSV"}
WGI_FIRST_YEAR = 2010
"""The publisher's begins in 1996; these years are enough for the sandbox."""
WGI_DIMENSIONS = ("cc", "ge", "pv", "rl", "rq", "va")
WGI_HEADER = "codeindyr code countryname year indicator estimate stddev nsource pctrank pctranklower pctrankupper"

ADOVOR_YEARS = range(1990, 2015)
ADOVOR_DESTINATIONS_LISTED = 4
ADOVOR_REST = "OTH"


def file(world: SyntheticWorld, address: str) -> File | None:
    """The file at one of the known addresses."""
    makers: dict[str, tuple[Callable[[SyntheticWorld], bytes], str]] = {
        "inbox/iab/iabbd_8010_v1_emigration.dta": (_iab_rates, FROZEN),
        "inbox/iab/iabbd_8010_v1_gender.xls": (_iab_stock, FROZEN),
        "inbox/dlm/docquier_lowell_marfouk_2009.zip": (_dlm, "2009-06-01"),
        "inbox/gbmd/gbmd_1960_2000.csv.gz": (_gbmd, "2011-06-01"),
        "inbox/adovor/physicians_1990_2014.csv": (_adovor, "2021-01-01"),
    }
    if address == WGI_ADDRESS:
        return File(_wgi(world), _wgi_date(world))
    found = makers.get(address)
    return File(found[0](world), found[1]) if found else None


def _year(year: int) -> int:
    return year - FIRST_YEAR


def _names() -> dict[str, str]:
    return {place.code: place.name for place in places() if not place.is_aggregate}


# --- IAB ---------------------------------------------------------------------------------------------------


def _iab_origins() -> list[tuple[str, str, list[int]]]:
    """Code, name and positions of each origin, by name."""
    codes, names = economies().codes, _names()
    listed = [
        (IAB_CODES.get(code, code), IAB_NAMES.get(code, names[code]), [place])
        for place, code in enumerate(codes)
        if code not in IAB_LACKS.split()
    ]
    code, name, members = IAB_TOGETHER
    listed.append((code, name, [codes.index(member) for member in members.split()]))
    return sorted(listed, key=lambda entry: entry[1])


def _iab_rates(world: SyntheticWorld) -> bytes:
    """Shares abroad by origin, sex and year: emigrants over residents and emigrants, in the 20 destinations."""
    import pandas as pd

    rows = []
    origins = _iab_origins()
    everywhere = ("WLD", "World", sorted({place for _, _, members in origins for place in members}))
    for code, name, members in [*origins, everywhere]:
        for sex, share, which in (
            ("Male and Female", 1.0, (0, 1)),
            ("Male", 1 - FEMALE_AT_HOME, (1,)),
            ("Female", FEMALE_AT_HOME, (0,)),
        ):
            for year in IAB_YEARS:
                abroad = _in_iab_destinations(world, year)[:, which][:, :, members].sum(axis=(1, 2))
                home = world.simulation.residents[:, members, _year(year)].sum(axis=1) * share
                rates = abroad / (abroad + home)
                rows.append((name, code, sex, year, abroad.sum() / (abroad.sum() + home.sum()), *rates))
    names = ["origin", "ccode_origin", "gender", "year", "tot_rate", "low_rate", "med_rate", "high_rate"]
    frame = pd.DataFrame(rows, columns=names)
    frame = frame.astype({"year": "int16"} | dict.fromkeys(names[4:], "float32"))
    buffer = io.BytesIO()
    moment = datetime.datetime.fromisoformat(FROZEN)
    frame.to_stata(buffer, write_index=False, version=114, time_stamp=moment)
    return buffer.getvalue()


def _in_iab_destinations(world: SyntheticWorld, year: int) -> NDArray[np.float64]:
    """People in the destinations of the data: ``[education, sex, origin]``."""
    there = [economies().codes.index(code) for code in IAB_DESTINATIONS.split()]
    people: NDArray[np.float64] = world.simulation.stocks[year][:, :, :, there].sum(axis=3)
    return people


def _iab_stock(world: SyntheticWorld) -> bytes:
    """A sheet per destination, in today's format under the old name: readers must go by content."""
    by_year = np.stack([world.simulation.stocks[year].sum(axis=0)[::-1] for year in IAB_YEARS])
    people = np.rint(by_year)  # [year, sex (males, females), origin, destination]
    sheets: dict[str, list[list[Cell]]] = {"Explanatory note": [["Total migrant stock in one destination a sheet."]]}
    names, codes = _names(), economies().codes
    for destination in IAB_DESTINATIONS.split():
        here = people[:, :, :, codes.index(destination)]
        figures = [(name, here[:, :, members].sum(axis=2)) for _, name, members in _iab_origins()]
        unknown = np.rint(IAB_UNKNOWN_SHARE * sum(counted for _, counted in figures))
        figures.append(("Unknown", unknown))
        total: Array = np.sum([counted for _, counted in figures], axis=0)
        sheets[destination] = [
            [names[destination], *(cell for year in IAB_YEARS for cell in (year, None, None))],
            [
                "Citizenship" if destination == "DEU" else "Country of birth",
                *("Total", "M-Total", "F-Total") * len(IAB_YEARS),
            ],
            ["Total immigration stock", *_both_and_each(total)],
            [None, *(cell for m, f in total.tolist() for cell in (None, m / (m + f), f / (m + f)))],
            *([name, *_both_and_each(counted)] for name, counted in figures),
        ]
    return xlsx(sheets)


def _both_and_each(counted: Array) -> list[Cell]:
    """Total, males and females of each year, of ``[year, sex]``."""
    return [int(cell) for m, f in counted.tolist() for cell in (m + f, m, f)]


# --- Docquier, Lowell and Marfouk --------------------------------------------------------------------------


def _dlm(world: SyntheticWorld) -> bytes:
    """A zip of one workbook: residents, emigrants and rates by education, sex and year."""
    groups = ("low", "medium", "high", "total")
    header = ["country", "iso3", "year", "sex"]
    header += [f"{measure}_{group}" for measure in ("residents", "emigrants", "rate") for group in groups]
    names = _names()
    rows: list[list[Cell]] = [[*header]]
    for place, code in enumerate(economies().codes):
        if code in IAB_LACKS.split():
            continue
        for year in DLM_YEARS:
            abroad = world.simulation.stocks[year][:, :, place, :].sum(axis=2)
            home = world.simulation.residents[:, place, _year(year)]
            for sex, share, which in (
                ("total", 1.0, (0, 1)),
                ("men", 1 - FEMALE_AT_HOME, (1,)),
                ("women", FEMALE_AT_HOME, (0,)),
            ):
                gone, stayed = abroad[:, which].sum(axis=1), home * share
                counted = [np.append(part, part.sum()) for part in (stayed, gone)]
                rate = counted[1] / (counted[0] + counted[1])
                figures = [round(float(cell), 2) for part in counted for cell in part]
                rows.append([names[code], code, year, sex, *figures, *(round(float(cell), 6) for cell in rate)])
    return archive({"docquier_lowell_marfouk_2009.xlsx": xlsx({"Data": rows})})


# --- Global Bilateral Migration Database -------------------------------------------------------------------


def _gbmd(world: SyntheticWorld) -> bytes:
    """One row per sex and pair, one column per round; the Channel Islands have no data."""
    codes = [GBMD_CODES.get(code, code) for code in economies().codes]
    people = np.rint(np.stack([world.simulation.stocks[year].sum(axis=0) for year in GBMD_YEARS], axis=3))
    lines = [",".join(["sex", "destcode", "origincode", *(f"Y{year}" for year in GBMD_YEARS)])]
    empty = "," * (len(GBMD_YEARS) - 1)
    for d, destination in enumerate(codes):
        largest = np.argsort(-people[:, :, d, -1].sum(axis=0), kind="stable")[:GBMD_ORIGINS_LISTED].tolist()
        for s, sex in ((1, "Male"), (0, "Female")):
            rest = people[s, :, d].sum(axis=0) - people[s, largest, d].sum(axis=0)
            for origin, counted in [*((codes[o], people[s, o, d]) for o in largest), (GBMD_REST, rest)]:
                cells = empty if destination == GBMD_WITHOUT_DATA else ",".join(str(int(cell)) for cell in counted)
                lines.append(f"{sex},{destination},{origin},{cells}")
    return gzip.compress("\n".join([*lines, ""]).encode(), compresslevel=1, mtime=0)


# --- Governance --------------------------------------------------------------------------------------------


def _wgi_date(world: SyntheticWorld) -> str:
    return world.series(f"GOV_WGI_{WGI_DIMENSIONS[0].upper()}.EST").last_updated


def _wgi(world: SyntheticWorld) -> bytes:
    """One long sheet, by dimension and year; ``..`` where the API has no estimate either."""
    rows: list[list[Cell]] = [[*WGI_HEADER.split()]]
    for dimension in WGI_DIMENSIONS:
        series = world.series(f"GOV_WGI_{dimension.upper()}.EST")
        places_there = [i for i, place in enumerate(series.places) if not place.is_aggregate]
        for column, year in reversed(list(enumerate(series.years))):
            if int(year) < WGI_FIRST_YEAR:
                continue
            cells = [series.cells[i][column] for i in places_there]
            figures = _ranked([None if cell == "null" else float(cell) for cell in cells])
            for i, known in zip(places_there, figures, strict=True):
                place = series.places[i]
                code = WGI_CODES.get(place.code, place.code)
                rows.append([f"{code}{dimension}{year}", code, place.name, int(year), dimension, *known])
    return xlsx({"Sheet1": rows})


def _ranked(estimates: Sequence[float | None]) -> Iterable[list[Cell]]:
    """Estimate, standard error, sources, percentile rank and its bounds; six times ``..`` where nothing is known."""
    known = np.sort(np.array([estimate for estimate in estimates if estimate is not None]))
    for position, estimate in enumerate(estimates):
        if estimate is None:
            yield [".."] * 6
            continue
        sources = 3 + position % 12
        error = 0.6 / sources**0.5
        rank, lower, upper = (
            100 * float(np.searchsorted(known, bound)) / max(len(known) - 1, 1)
            for bound in (estimate, estimate - 1.645 * error, estimate + 1.645 * error)
        )
        yield [estimate, round(error, 6), sources, *(round(min(bound, 100.0), 6) for bound in (rank, lower, upper))]


# --- Adovor and others -------------------------------------------------------------------------------------


def _adovor(world: SyntheticWorld) -> bytes:
    """Physicians abroad, shared out to destinations as the highly educated of their origin are."""
    codes, simulation = economies().codes, world.simulation
    snapshots = sorted(simulation.stocks)
    lines = ["origin,destination,year,physicians"]
    for year in ADOVOR_YEARS:
        nearest = max(snapshot for snapshot in snapshots if snapshot <= year)
        pairs = simulation.stocks[nearest][TERTIARY].sum(axis=0)
        for o, origin in enumerate(codes):
            total = simulation.physicians_abroad[o, _year(year)]
            largest = np.argsort(-pairs[o], kind="stable")[:ADOVOR_DESTINATIONS_LISTED]
            shared = np.rint(total * pairs[o, largest] / max(pairs[o].sum(), 1e-9))
            for d, counted in zip(largest.tolist(), shared.tolist(), strict=True):
                lines.append(f"{origin},{codes[d]},{year},{counted:.0f}")
            lines.append(f"{origin},{ADOVOR_REST},{year},{max(np.rint(total) - shared.sum(), 0):.0f}")
    return "\n".join([*lines, ""]).encode()
