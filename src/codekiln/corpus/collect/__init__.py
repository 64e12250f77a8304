"""From a source to an artifact of its own: list, clean in batches, write shards, count."""
