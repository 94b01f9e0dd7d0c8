"""Drawings of diagrams: laid out when a file has none, read from it when it has, shown as SVG."""
