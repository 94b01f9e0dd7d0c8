"""Event logs: history as the files that tools of process mining read; it changes nothing."""
