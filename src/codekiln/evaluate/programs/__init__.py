"""Programs that a model writes, fills in or mends, and what running them says."""
