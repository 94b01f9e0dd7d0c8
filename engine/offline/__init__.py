"""Programs that travel with what they check, and run where there is no Alur."""
