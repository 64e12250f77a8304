"""Benchmarks of generation, with llama.cpp's server as the peer in the same run."""
