"""`/docs`: the routes, their fields and what they mean, as one page that asks nobody for anything.

FastAPI's own pages load scripts from elsewhere. The data are those of `/openapi.json`.
"""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
code { font-size: 0.95em; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid; }
table { border-collapse: collapse; width: 100%; }
td { padding: 0.15rem 1rem 0.15rem 0; vertical-align: top; }
"""
POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; frame-ancestors 'none'"

PAGE = Markup(
    "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
    'content="width=device-width"><title>{title}</title><style>{style}</style><h1>{title}</h1>'
    '<p>The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>{parts}'
)
TAG = Markup("<h2>{}</h2>")
ROUTE = Markup("<h3><code>{} {}</code></h3><p>{}</p><table>{}</table>")
ROW = Markup("<tr><td><code>{}</code><td>{}<td>{}")


def router() -> APIRouter:
    """The route."""
    routes = APIRouter()

    @routes.get("/docs", include_in_schema=False)
    async def page(request: Request) -> Response:
        digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
        return HTMLResponse(
            rendered(request.app.openapi()),
            headers={"Content-Security-Policy": POLICY.format(digest)},
        )

    return routes


def rendered(schema: dict[str, Any]) -> str:
    """The page for an OpenAPI document; every text in it is escaped."""
    parts: dict[str, Markup] = {}
    for path, methods in schema["paths"].items():
        for method, route in methods.items():
            tag = ", ".join(route.get("tags", ["codekiln"]))
            rows = Markup().join(ROW.format(*row) for row in _fields(schema, route))
            text = ROUTE.format(method.upper(), path, route.get("description", ""), rows)
            parts[tag] = parts.get(tag, TAG.format(tag)) + text
    title = f"{schema['info']['title']} {schema['info']['version']}"
    return PAGE.format(title=title, style=Markup(STYLE), parts=Markup().join(parts.values()))


def _fields(schema: dict[str, Any], route: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, type and default of each field of a body; of a body of several kinds, of all in turn."""
    body = route.get("requestBody", {}).get("content", {}).get("application/json", {})
    kinds = body.get("schema", {})
    for kind in kinds.get("oneOf", kinds.get("anyOf", [kinds])):
        for name, field in _resolved(schema, kind).get("properties", {}).items():
            default = field.get("default")
            yield name, _type(field), "" if default is None else f"default {default!r}"


def _resolved(schema: dict[str, Any], kind: dict[str, Any]) -> dict[str, Any]:
    name = kind.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema["components"]["schemas"][name] if name else kind
    return found


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("type", "any"))
