"""One table for each way of keeping a history of it. The peers' packages are needed only where they are installed."""
