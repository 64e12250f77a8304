"""Step 6: engines, sampling strategies, the decoding loop, the completer."""
