"""The doctor: looks at a whole installation, also a broken one, and says what to do."""
