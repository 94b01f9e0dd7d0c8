"""The command line: each command reads its words, calls one room of the engine, and prints."""
