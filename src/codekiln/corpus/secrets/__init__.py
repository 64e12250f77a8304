"""Secrets and personal data: found by rules kept as data, replaced by typed placeholders."""

from codekiln.corpus.secrets.redaction import Redaction, redact

__all__ = ["Redaction", "redact"]
