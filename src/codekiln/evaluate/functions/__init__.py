"""Functions that a model writes, or fills in, and tests that tell whether they are right."""
