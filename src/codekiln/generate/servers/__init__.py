"""Other people's engines over HTTP: llama.cpp, vLLM, Ollama and whatever speaks OpenAI's completions.

The user's own model answers behind our context and verification. Needs the extra `servers`.
"""

from codekiln.generate.servers.completer import ServerCompleter
from codekiln.generate.servers.open import open_server
from codekiln.generate.templates import TEMPLATES, Template

__all__ = ["TEMPLATES", "ServerCompleter", "Template", "open_server"]
