"""The transformer, its cache, its weights in and out."""
