"""Replay: the added lines of a history typed anew, and what a completer would have shown meanwhile."""
