"""Format B: OpenAI's interface, and Mistral's for a middle, which is made like it.

Sources: OpenAI's reference of completions, chat, models and embeddings; Mistral's of `/v1/fim/completions`.
`POST /v1/completions` is Tabby's too: `serve.http.completions` tells them apart.
"""

from codekiln.serve.http.openai.routes import router

__all__ = ["router"]
