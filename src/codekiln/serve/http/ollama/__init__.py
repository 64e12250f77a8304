"""Format D: Ollama's interface, as Continue, Zed and the `ollama` package ask it.

Source: Ollama's docs/api.md. Durations are in nanoseconds.
"""

from codekiln.serve.http.ollama.routes import router

__all__ = ["router"]
