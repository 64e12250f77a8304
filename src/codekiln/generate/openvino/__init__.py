"""The fast engine for processors: our transformer as an OpenVINO graph with paged attention.

`runtime` alone imports OpenVINO; `graph` says what is computed, `forms` how weights lie in memory,
`pages` where keys and values do, `engine` drives all of it step by step. Nothing here imports torch.
"""
