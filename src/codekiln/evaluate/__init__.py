"""How good a model is, measured against plain rivals on text that nothing was trained on."""
