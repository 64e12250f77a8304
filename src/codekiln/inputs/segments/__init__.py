"""Rows for next-segment prediction: files cut into segments, paired rightly and wrongly."""
