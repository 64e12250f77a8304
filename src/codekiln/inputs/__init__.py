"""Step 3, ids to fixed-length rows: layouts, packing, memory-mapped shards, the resumable loader."""
