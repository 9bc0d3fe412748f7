"""Benchmarks against a scratch database and the imitated providers: `python -m bench`."""
