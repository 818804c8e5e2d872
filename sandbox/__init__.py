"""The outside world in a box: a local server that speaks the publishers' wire formats.

``python -m sandbox serve --world synthetic`` answers from a seeded simulation, ``--world <folder>``
from a folder of recorded figures. Each real host is the first path segment:
``http://127.0.0.1:PORT/api.worldbank.org/v2/country?format=json``. Faults can be switched on by name.
"""
