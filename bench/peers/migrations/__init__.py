"""The tables of the peers that are installed."""
