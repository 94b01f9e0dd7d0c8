"""Papers on pages: what a step initials or signs, who did, and what counts no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext

from engine.model import (
    Document,
    Endorsement,
    EndorsementKind,
    Paper,
    PaperOfTask,
    PaperVersion,
    Voiding,
    references_in,
)
from webhooks.language import Phrases, phrase
from webhooks.pages.values import Labelled, labelled

#: The field of a form that says which version of the paper was read.
SEEN = "versi_dokumen"

#: What is put on a paper, and the button that does it.
NAMES: Mapping[EndorsementKind, str] = Phrases(
    {EndorsementKind.PARAF: phrase("Paraf"), EndorsementKind.SIGNATURE: phrase("Tanda tangan")}
)
BUTTONS: Mapping[EndorsementKind, str] = Phrases(
    {EndorsementKind.PARAF: phrase("Paraf"), EndorsementKind.SIGNATURE: phrase("Tandatangani")}
)
VOIDINGS: Mapping[Voiding, str] = Phrases(
    {
        Voiding.CHANGED: phrase("gugur karena dokumen berubah"),
        Voiding.RETURNED: phrase("gugur karena dikembalikan"),
    }
)
METHODS: Mapping[str, str] = Phrases(
    {"basah": phrase("tanda tangan basah"), "tte": phrase("tanda tangan elektronik (TTE)")}
)


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version of a paper with what was put on it, the latest last."""

    version: PaperVersion
    endorsements: tuple[Endorsement, ...]
    is_current: bool


@dataclass(frozen=True, slots=True)
class ShownPaper:
    """A paper as pages tell it, its current version first."""

    label: str
    versions: tuple[ShownVersion, ...]


@dataclass(frozen=True, slots=True)
class PaperAtHand:
    """The paper that a step initials or signs, as the page of the step tells it."""

    step: PaperOfTask
    shown: ShownPaper
    values: list[Labelled]
    #: (document, where it is downloaded) of the files in it.
    files: tuple[tuple[Document, str], ...]
    button: str

    @property
    def current(self) -> ShownVersion | None:
        """The version that would be initialled or signed; none when nobody made one."""
        return next((each for each in self.shown.versions if each.is_current), None)

    @property
    def older(self) -> tuple[ShownVersion, ...]:
        """Former versions on which something was put."""
        return tuple(
            each for each in self.shown.versions if not each.is_current and each.endorsements
        )


def shown_paper(paper: Paper) -> ShownPaper:
    """The paper by versions."""
    versions = tuple(
        ShownVersion(
            version,
            tuple(each for each in paper.endorsements if each.version == version.number),
            version is paper.current,
        )
        for version in reversed(paper.versions)
    )
    return ShownPaper(", ".join(paper.labels), versions)


def endorsed_text(payload: Mapping[str, Any]) -> str | None:
    """What the history says of a completion that put a paraf or signature on a paper."""
    if fact := payload.get(EndorsementKind.PARAF):
        return gettext("Dokumen versi %(version)s diparaf", version=fact["version"])
    if fact := payload.get(EndorsementKind.SIGNATURE):
        return gettext("Dokumen versi %(version)s ditandatangani", version=fact["version"])
    return None


def paper_at_hand(
    step: PaperOfTask | None, address_of: Callable[[Document], str] | None = None
) -> PaperAtHand | None:
    """What the page of a step shows of its paper. address_of: none where files are not given."""
    if step is None:
        return None
    paper = step.paper
    named = zip(paper.names, paper.labels, strict=True)
    files = {each.document_id: each for each in references_in(dict(step.values))}
    return PaperAtHand(
        step=step,
        shown=shown_paper(paper),
        values=[
            replace(each, label=label)
            for name, label in named
            for each in labelled({name: step.values.get(name)}, {})
        ],
        files=tuple((each, address_of(each)) for each in files.values()) if address_of else (),
        button=BUTTONS[step.kind],
    )
