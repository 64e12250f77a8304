"""What code is for: domain and function tags, from imports, manifests and paths by readable rules."""

from codekiln.corpus.domains.manifests import is_manifest
from codekiln.corpus.domains.rules import DOMAINS
from codekiln.corpus.domains.tags import file_domains, repository_domains

__all__ = ["DOMAINS", "file_domains", "is_manifest", "repository_domains"]
