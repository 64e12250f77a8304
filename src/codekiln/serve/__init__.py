"""Transport only: HTTP in the formats that editors speak, the language server, and the web playground.

Each translates to `Assistant` and back, and nothing else: what a suggestion is, is in `apps.suggest`.
"""
