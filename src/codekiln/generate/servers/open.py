"""From an address to a completer: what kind of server it is, and which of its models is asked."""

from typing import Any

from codekiln.errors import ServerError, UsageError
from codekiln.generate.servers.client import Client, known_shape
from codekiln.generate.servers.completer import Dialect, ServerCompleter
from codekiln.generate.servers.llama_cpp import open_llama_cpp
from codekiln.generate.servers.ollama import open_ollama
from codekiln.generate.servers.openai import open_openai, open_vllm

Model = dict[str, Any]  # an entry of `/v1/models`


def open_server(
    url: str,
    model: str | None = None,
    *,
    template: str | None = None,
    context: int | None = None,
    timeout: float = 60.0,
) -> ServerCompleter:
    """The completer for a `model` of the server at `url`; close it after use.

    Without a `model` the server must have just one. `template` names a layout of `TEMPLATES` where
    neither server nor model's name tells it. `context` is in tokens, for a server that does not tell
    its own; `timeout` is in seconds, until the next piece of an answer. A key for the server is read
    from the environment variable CODEKILN_API_KEY.

    Raises:
        UsageError: the address, model or template is wrong or missing.
        ServerError: nothing answers there, it refuses, or it is no model's server.
    """
    client = Client(url, timeout)
    try:
        with known_shape(client.url):
            return ServerCompleter(client, _dialect(client, model, template, context))
    except BaseException:
        client.close()
        raise


def _dialect(
    client: Client, model: str | None, template: str | None, context: int | None
) -> Dialect:
    # All kinds of servers list their models here, and two of them say who they are.
    models: list[Model] = client.get("/v1/models").get("data") or []
    owners = {entry.get("owned_by") for entry in models}
    if "llamacpp" in owners:
        chosen = _chosen(client.url, models, model)
        return open_llama_cpp(client, chosen["id"], template, context)
    if "vllm" in owners:
        chosen = _chosen(client.url, models, model)
        return open_vllm(client, chosen["id"], template, context, chosen.get("max_model_len"))
    if _is_ollama(client):
        chosen = _chosen(client.url, models, model, ":latest")
        return open_ollama(client, chosen["id"], template, context)
    chosen = _chosen(client.url, models, model)
    return open_openai(client, chosen["id"], template, context)


def _is_ollama(client: Client) -> bool:
    try:
        return "version" in client.get("/api/version")
    except ServerError:
        return False


def _chosen(url: str, models: list[Model], model: str | None, ending: str = "") -> Model:
    if model is None and len(models) == 1:
        return models[0]
    wanted = (model, f"{model}{ending}")
    for entry in models:
        if entry["id"] in wanted or model in (entry.get("aliases") or ()):
            return entry
    names = ", ".join(entry["id"] for entry in models) or "none: load one there first"
    asked = f"no model '{model}'" if model else "not one model alone"
    raise UsageError(f"{url} has {asked}: name one that it has ({names}).")
