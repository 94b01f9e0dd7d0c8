"""What people call a browser and its machine, read from what it calls itself.

Only a help to recognise one's own logins: whoever logs in may call himself anything.
"""

from __future__ import annotations

from flask_babel import gettext

#: The first that occurs; most browsers also name those that they descend from.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_LONGEST = 60


def device_text(device: str) -> str:
    """For example "Firefox, Windows"."""
    found = [
        next((word for mark, word in known if mark in device), None)
        for known in (_BROWSERS, _SYSTEMS)
    ]
    words = [each for each in found if each]
    return ", ".join(words) or device[:_LONGEST] or gettext("tidak dikenal")
