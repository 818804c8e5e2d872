"""The economies and aggregates of the synthetic world: real codes, names and memberships, no figures.

Names are CLDR's English ones, or the publisher's where it says it otherwise. Memberships follow the publisher's
regions of July 2026 (Afghanistan and Pakistan belong to the Middle East) and the usual lists of each group.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sandbox.worlds import Place

ECONOMIES_BY_REGION = {
    "EAS": "ASM AUS BRN CHN FJI FSM GUM HKG IDN JPN KHM KIR KOR LAO MAC MHL MMR MNG MNP MYS NCL NRU NZL PHL PLW PNG "
    "PRK PYF SGP SLB THA TLS TON TUV VNM VUT WSM",
    "ECS": "ALB AND ARM AUT AZE BEL BGR BIH BLR CHE CHI CYP CZE DEU DNK ESP EST FIN FRA FRO GBR GEO GIB GRC GRL HRV "
    "HUN IMN IRL ISL ITA KAZ KGZ LIE LTU LUX LVA MCO MDA MKD MNE NLD NOR POL PRT ROU RUS SMR SRB SVK SVN SWE TJK TKM "
    "TUR UKR UZB XKX",
    "LCN": "ABW ARG ATG BHS BLZ BOL BRA BRB CHL COL CRI CUB CUW CYM DMA DOM ECU GRD GTM GUY HND HTI JAM KNA LCA MAF "
    "MEX NIC PAN PER PRI PRY SLV SUR SXM TCA TTO URY VCT VEN VGB VIR",
    "MEA": "AFG ARE BHR DJI DZA EGY IRN IRQ ISR JOR KWT LBN LBY MAR MLT OMN PAK PSE QAT SAU SYR TUN YEM",
    "NAC": "BMU CAN USA",
    "SAS": "BGD BTN IND LKA MDV NPL",
    "SSF": "AGO BDI BEN BFA BWA CAF CIV CMR COD COG COM CPV ERI ETH GAB GHA GIN GMB GNB GNQ KEN LBR LSO MDG MLI MOZ "
    "MRT MUS MWI NAM NER NGA RWA SDN SEN SLE SOM SSD STP SWZ SYC TCD TGO TZA UGA ZAF ZMB ZWE",
}

REGIONS = {
    "EAS": ("Z4", "East Asia & Pacific"),
    "ECS": ("Z7", "Europe & Central Asia"),
    "LCN": ("ZJ", "Latin America & Caribbean"),
    "MEA": ("ZQ", "Middle East, North Africa, Afghanistan & Pakistan"),
    "NAC": ("XU", "North America"),
    "SAS": ("8S", "South Asia"),
    "SSF": ("ZG", "Sub-Saharan Africa"),
}
INCOME_GROUPS = {
    "LIC": ("XM", "Low income"),
    "LMC": ("XN", "Lower middle income"),
    "UMC": ("XT", "Upper middle income"),
    "HIC": ("XD", "High income"),
}
LENDING_TYPES = {
    "IBD": ("XF", "IBRD"),
    "IDB": ("XH", "Blend"),
    "IDX": ("XI", "IDA"),
    "LNX": ("XX", "Not classified"),
}

PUBLISHERS_NAMES = {
    "BHS": "Bahamas, The",
    "BRN": "Brunei Darussalam",
    "CHI": "Channel Islands",
    "CIV": "Cote d'Ivoire",
    "COD": "Congo, Dem. Rep.",
    "COG": "Congo, Rep.",
    "CPV": "Cabo Verde",
    "CUW": "Curacao",
    "EGY": "Egypt, Arab Rep.",
    "FSM": "Micronesia, Fed. Sts.",
    "GMB": "Gambia, The",
    "HKG": "Hong Kong SAR, China",
    "IRN": "Iran, Islamic Rep.",
    "KGZ": "Kyrgyz Republic",
    "KOR": "Korea, Rep.",
    "LAO": "Lao PDR",
    "MAC": "Macao SAR, China",
    "MAF": "St. Martin (French part)",
    "MMR": "Myanmar",
    "NRU": "Naoero",
    "PRI": "Puerto Rico (US)",
    "PRK": "Korea, Dem. People's Rep.",
    "PSE": "West Bank and Gaza",
    "RUS": "Russian Federation",
    "SOM": "Somalia, Fed. Rep.",
    "STP": "Sao Tome and Principe",
    "SVK": "Slovak Republic",
    "SXM": "Sint Maarten (Dutch part)",
    "SYR": "Syrian Arab Republic",
    "TUR": "Turkiye",
    "VCT": "St. Vincent and the Grenadines",
    "VEN": "Venezuela, RB",
    "VIR": "Virgin Islands (U.S.)",
    "VNM": "Viet Nam",
    "XKX": "Kosovo",
    "YEM": "Yemen, Rep.",
}
PUBLISHERS_ISO2 = {"CHI": "JG", "XKX": "XK"}
"""Two economies without an ISO 3166 code: the publisher gives them its own."""

GIANT_ECONOMIES = "CHN IND"
LARGE_ECONOMIES = "USA IDN BRA PAK NGA BGD RUS JPN MEX DEU VNM PHL ETH EGY TUR IRN THA FRA GBR ITA UKR COD ZAF"
TINY_ECONOMIES = (
    "ASM FSM GUM KIR MHL MNP NCL NRU PLW PYF TON TUV VUT WSM SLB BRN MAC AND CHI FRO GIB GRL IMN ISL LIE LUX MCO SMR "
    "MLT MNE ABW ATG BHS BLZ BRB CUW CYM DMA GRD GUY KNA LCA MAF SUR SXM TCA VCT VGB VIR BMU BTN MDV COM CPV GNQ STP "
    "SYC DJI"
)

AGGREGATES = {
    "AFE": ("ZH", "Africa Eastern and Southern"),
    "AFW": ("ZI", "Africa Western and Central"),
    "ARB": ("1A", "Arab World"),
    "CEB": ("B8", "Central Europe and the Baltics"),
    "CSS": ("S3", "Caribbean small states"),
    "EAP": ("4E", "East Asia & Pacific (excluding high income)"),
    "EAR": ("V2", "Early-demographic dividend"),
    "EAS": ("Z4", "East Asia & Pacific"),
    "ECA": ("7E", "Europe & Central Asia (excluding high income)"),
    "ECS": ("Z7", "Europe & Central Asia"),
    "EMU": ("XC", "Euro area"),
    "EUU": ("EU", "European Union"),
    "HIC": ("XD", "High income"),
    "HPC": ("XE", "Heavily indebted poor countries (HIPC)"),
    "IBD": ("XF", "IBRD only"),
    "IBT": ("ZT", "IDA & IBRD total"),
    "IDA": ("XG", "IDA total"),
    "IDB": ("XH", "IDA blend"),
    "IDX": ("XI", "IDA only"),
    "INX": ("XY", "Not classified"),
    "LAC": ("XJ", "Latin America & Caribbean (excluding high income)"),
    "LCN": ("ZJ", "Latin America & Caribbean"),
    "LDC": ("XL", "Least developed countries: UN classification"),
    "LIC": ("XM", "Low income"),
    "LMC": ("XN", "Lower middle income"),
    "LMY": ("XO", "Low & middle income"),
    "LTE": ("V3", "Late-demographic dividend"),
    "MEA": ("ZQ", "Middle East, North Africa, Afghanistan & Pakistan"),
    "MIC": ("XP", "Middle income"),
    "MNA": ("XQ", "Middle East, North Africa, Afghanistan & Pakistan (excluding high income)"),
    "NAC": ("XU", "North America"),
    "OED": ("OE", "OECD members"),
    "OSS": ("S4", "Other small states"),
    "PRE": ("V1", "Pre-demographic dividend"),
    "PSS": ("S2", "Pacific island small states"),
    "PST": ("V4", "Post-demographic dividend"),
    "SAS": ("8S", "South Asia"),
    "SSA": ("ZF", "Sub-Saharan Africa (excluding high income)"),
    "SSF": ("ZG", "Sub-Saharan Africa"),
    "SST": ("S1", "Small states"),
    "TEA": ("T4", "East Asia & Pacific (IDA & IBRD countries)"),
    "TEC": ("T7", "Europe & Central Asia (IDA & IBRD countries)"),
    "TLA": ("T2", "Latin America & the Caribbean (IDA & IBRD countries)"),
    "TMN": ("T3", "Middle East, North Africa, Afghanistan & Pakistan (IDA & IBRD)"),
    "TSA": ("T5", "South Asia (IDA & IBRD)"),
    "TSS": ("T6", "Sub-Saharan Africa (IDA & IBRD countries)"),
    "UMC": ("XT", "Upper middle income"),
    "WLD": ("1W", "World"),
}

_EURO = "AUT BEL CYP DEU ESP EST FIN FRA GRC HRV IRL ITA LTU LUX LVA MLT NLD PRT SVK SVN"
_CARIBBEAN_SMALL = "ATG BHS BLZ BRB DMA GRD GUY JAM KNA LCA SUR TTO VCT"
_PACIFIC_SMALL = "FJI FSM KIR MHL NRU PLW SLB TON TUV VUT WSM"
_OTHER_SMALL = "BHR BTN BWA COM CPV CYP DJI EST GAB GMB GNB GNQ ISL LSO MDV MLT MNE MUS NAM QAT SMR STP SWZ SYC TLS"
GROUPS = {
    "AFE": "AGO BDI BWA COD COM ERI ETH KEN LSO MDG MOZ MUS MWI NAM RWA SDN SOM SSD STP SWZ SYC TZA UGA ZAF ZMB ZWE",
    "AFW": "BEN BFA CAF CIV CMR COG CPV GAB GHA GIN GMB GNB GNQ LBR MLI MRT NER NGA SEN SLE TCD TGO",
    "ARB": "ARE BHR COM DJI DZA EGY IRQ JOR KWT LBN LBY MAR MRT OMN PSE QAT SAU SDN SOM SYR TUN YEM",
    "CEB": "BGR CZE EST HRV HUN LTU LVA POL ROU SVK SVN",
    "CSS": _CARIBBEAN_SMALL,
    "EMU": _EURO,
    "EUU": f"{_EURO} BGR CZE DNK HUN POL ROU SWE",
    "HPC": "AFG BDI BEN BFA BOL CAF CIV CMR COD COG COM ERI ETH GHA GIN GMB GNB GUY HND HTI LBR MDG MLI MOZ MRT MWI "
    "NER NIC RWA SDN SEN SLE SOM STP TCD TGO TZA UGA ZMB",
    "LDC": "AFG AGO BDI BEN BFA BGD CAF COD COM DJI ERI ETH GIN GMB GNB HTI KHM KIR LAO LBR LSO MDG MLI MMR MOZ MRT "
    "MWI NER NPL RWA SDN SEN SLB SLE SOM SSD TCD TGO TLS TUV TZA UGA YEM ZMB",
    "OED": "AUS AUT BEL CAN CHE CHL COL CRI CZE DEU DNK ESP EST FIN FRA GBR GRC HUN IRL ISL ISR ITA JPN KOR LTU LUX "
    "LVA MEX NLD NOR NZL POL PRT SVK SVN SWE TUR USA",
    "OSS": _OTHER_SMALL,
    "PSS": _PACIFIC_SMALL,
    "SST": f"{_CARIBBEAN_SMALL} {_PACIFIC_SMALL} {_OTHER_SMALL}",
}
EXCLUDING_HIGH_INCOME = {"EAP": "EAS", "ECA": "ECS", "LAC": "LCN", "MNA": "MEA", "SSA": "SSF"}
ELIGIBLE_TO_BORROW = {"TEA": "EAS", "TEC": "ECS", "TLA": "LCN", "TMN": "MEA", "TSA": "SAS", "TSS": "SSF"}
DEMOGRAPHIC_DIVIDENDS = ("PRE", "EAR", "LTE", "PST")
"""From youngest to oldest; the synthetic world sorts economies into them by its own growth of population."""


@dataclass(frozen=True)
class Economies:
    """The economies, by code; every array of the simulation has them in this order."""

    codes: tuple[str, ...]
    regions: tuple[str, ...]

    def positions(self, codes: str) -> list[int]:
        """Positions of the economies of a blank-separated list."""
        wanted = set(codes.split())
        return [i for i, code in enumerate(self.codes) if code in wanted]


@cache
def economies() -> Economies:
    """All 217."""
    pairs = sorted((code, region) for region, codes in ECONOMIES_BY_REGION.items() for code in codes.split())
    return Economies(tuple(code for code, _ in pairs), tuple(region for _, region in pairs))


@cache
def places() -> tuple[Place, ...]:
    """All economies, in the order of ``economies()``, then all aggregates by code."""
    listed = [Place(code, iso2_of(code), _name(code), is_aggregate=False) for code in economies().codes]
    listed += [Place(code, iso2, name, is_aggregate=True) for code, (iso2, name) in AGGREGATES.items()]
    return tuple(listed)


def iso2_of(code: str) -> str:
    """Two-letter code of an economy; CLDR knows which two-letter code each ISO three-letter code stands for."""
    from babel.core import get_global

    if code in PUBLISHERS_ISO2:
        return PUBLISHERS_ISO2[code]
    return str(get_global("territory_aliases")[code][0])


def _name(code: str) -> str:
    from babel import Locale

    if code in PUBLISHERS_NAMES:
        return PUBLISHERS_NAMES[code]
    return str(Locale("en").territories[iso2_of(code)]).replace(" & ", " and ")
