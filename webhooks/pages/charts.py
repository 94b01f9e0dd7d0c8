"""Charts as SVG in a page: drawn on the server, coloured by our style sheet."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import format_decimal
from markupsafe import Markup

#: Beyond these a chart tells nothing that its table does not tell better.
MOST_BARS = 25
_WIDTH, _BAR, _AROUND = 900, 30, 90
_LONGEST_LABEL = 34
#: Parts that only pygal's own script and styles need.
_IDLE = ("plot tooltip-overlay", "plot text-overlay", "plot overlay", "titles")
_DRAWN = ("g", "rect", "path", "text")


def stacked_bars(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]]
) -> Markup:
    """Lying bars, the first label on top; each series is a part of every bar.

    title: what a screen reader says instead; whoever wants the figures reads the table beside it.
    """
    # Late: only pages of reports draw.
    import pygal
    from pygal.style import Style

    _forget_finder()
    chart = pygal.HorizontalStackedBar(
        width=_WIDTH,
        height=_AROUND + _BAR * min(len(labels), MOST_BARS),
        legend_at_bottom=True,
        legend_at_bottom_columns=len(series),
        min_scale=3,
        max_scale=8,
        margin=8,
        spacing=12,
        disable_xml_declaration=True,
        value_formatter=format_decimal,
        # For the room that it leaves: our style sheet says how large they are.
        style=Style(label_font_size=14, major_label_font_size=14, legend_font_size=14),
    )
    # Lying bars grow from below.
    chart.x_labels = [_short(label) for label in reversed(labels[:MOST_BARS])]
    for name, values in series.items():
        chart.add(name, list(reversed(values[:MOST_BARS])))
    chart.add_xml_filter(lambda tree: _as_image(tree, title))
    # pygal escapes what it was given; nothing else is in the picture.
    return Markup(chart.render())  # noqa: S704


def _forget_finder() -> None:
    # pygal 3.1 leaves a finder for its map plugins behind, which has no find_spec, so that Python
    # warns of it at every later import. No map is drawn here. To go when pygal's finder has one.
    sys.meta_path[:] = [e for e in sys.meta_path if type(e).__name__ != "PluginImportFixer"]


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _as_image(tree: Any, title: str) -> Any:
    """The chart as one image without styles and script of its own: pages allow neither."""
    for holder in list(tree.iter()):
        holder.attrib.pop("id", None)
        for part in [each for each in holder if _is_idle(each)]:
            holder.remove(part)
    tree.attrib.update({"class": "grafik", "role": "img", "aria-label": title})
    return tree


def _is_idle(part: Any) -> bool:
    """Whether only pygal's own script and styles need it; a comment is no text either."""
    return part.tag not in _DRAWN or part.get("class", "") in _IDLE
