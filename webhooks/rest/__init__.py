"""The HTTP API under /engine-rest: one module per resource, put together in api.py."""
