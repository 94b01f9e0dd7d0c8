"""One module per schema version; never edited after a release."""
