"""Where accounts are: ninety countries, each in one sales region, most frequent first.

Belongs here: the list of countries and their regions.
Does not: who lives where (traits.py).
"""

from __future__ import annotations

REGIONS: tuple[str, ...] = ("AMER", "EMEA", "APJ", "LATAM")

_AMER = ("US", "CA")
_LATAM = (
    "BR", "MX", "AR", "CO", "CL", "PE", "UY", "CR", "EC", "PA", "DO", "GT", "BO", "PY", "SV", "HN",
)  # fmt: skip
_APJ = (
    "IN", "JP", "AU", "SG", "KR", "NZ", "HK", "ID", "MY", "TH", "PH", "TW", "VN", "CN", "BD", "LK", "PK", "NP", "KH",
    "MN",
)  # fmt: skip

COUNTRIES: tuple[str, ...] = (
    "US", "GB", "DE", "IN", "FR", "CA", "JP", "BR", "AU", "NL", "SE", "ES", "IT", "CH", "SG", "MX", "IL", "IE", "BE",
    "DK", "KR", "NO", "PL", "FI", "AT", "AE", "PT", "ZA", "NZ", "HK", "AR", "CO", "CZ", "CL", "ID", "MY", "RO", "TH",
    "TR", "SA", "PH", "TW", "GR", "HU", "VN", "LU", "EE", "UA", "PE", "NG", "EG", "LT", "SK", "BG", "HR", "KE", "SI",
    "LV", "CN", "QA", "MA", "RS", "CY", "IS", "UY", "PK", "KW", "CR", "BD", "LK", "MT", "GH", "JO", "EC", "BH", "PA",
    "OM", "TN", "DO", "GT", "KZ", "GE", "LB", "NP", "BO", "PY", "KH", "MN", "SV", "HN",
)  # fmt: skip


def region_of(country: str) -> str:
    """The sales region of a country of the list above."""
    if country in _AMER:
        return "AMER"
    if country in _LATAM:
        return "LATAM"
    return "APJ" if country in _APJ else "EMEA"
