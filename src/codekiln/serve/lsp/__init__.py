"""The language server of `codekiln lsp`: LSP 3.18 on stdio, each request a call of an `Assistant`.

`stdio` cuts the stream into messages, `protocol` refuses what is none, `documents` are the open files in
the client's units, `assistants` has one for each workspace folder, `completion` and `actions` translate.
"""
