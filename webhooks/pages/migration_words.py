"""What stands against a migration, in the words of who reads the page."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.elements import ProcessModel
from engine.model import MigrationFault, MigrationReason
from webhooks.language import Phrases, phrase

#: Each with the places source, target, expected and found.
_WORDS: Mapping[MigrationReason, str] = Phrases(
    {
        MigrationReason.SOURCE_UNKNOWN: phrase("“%(source)s” tidak ada pada versi lama."),
        MigrationReason.TARGET_UNKNOWN: phrase("“%(target)s” tidak ada pada versi baru."),
        MigrationReason.SOURCE_TWICE: phrase("“%(source)s” dipasangkan lebih dari sekali."),
        MigrationReason.KIND_CHANGED: phrase(
            "“%(source)s” berjenis %(expected)s, tetapi “%(target)s” berjenis %(found)s."
        ),
        MigrationReason.SCOPE_CHANGED: phrase(
            "“%(target)s” berada di dalam “%(found)s”; seharusnya di dalam “%(expected)s”."
        ),
        MigrationReason.PERSONAL_NO_MORE: phrase(
            "Isian %(found)s tidak lagi disebut pribadi pada versi baru, padahal nilainya tersegel "
            "dan tetap tersegel. Sebutkan lagi sebagai pribadi."
        ),
        MigrationReason.LANE_CHANGED: phrase(
            "“%(source)s” berpindah dari lajur %(expected)s ke %(found)s."
        ),
        MigrationReason.FIELDS_REMOVED: phrase(
            "Isian %(found)s tidak ada lagi pada “%(target)s”; yang sudah terisi tetap tersimpan."
        ),
        MigrationReason.FIELDS_REQUIRED: phrase("“%(target)s” kini mewajibkan isian %(found)s."),
        MigrationReason.TERM_CHANGED: phrase(
            "Waktu Baku “%(source)s” berubah dari %(expected)s menjadi %(found)s; tenggatnya "
            "dihitung ulang sejak tugas dibuka."
        ),
        MigrationReason.TIMER_KEPT: phrase(
            "Pengatur waktu “%(source)s” yang sudah berjalan tetap pada saat semula."
        ),
        MigrationReason.EVENT_KEPT: phrase(
            "“%(source)s” tetap menunggu %(expected)s, bukan %(found)s."
        ),
        MigrationReason.TOPIC_KEPT: phrase(
            "“%(source)s” tetap pada topik %(expected)s, bukan %(found)s."
        ),
        MigrationReason.UNMAPPED: phrase(
            "Berkas berada pada “%(source)s”, yang belum dipasangkan dengan langkah versi baru."
        ),
        MigrationReason.BOUNDARY_EVENTS_DIFFER: phrase(
            "Kejadian yang menempel pada “%(source)s” tidak sama (lama: %(expected)s; baru: "
            "%(found)s). Selesaikan dahulu langkah itu."
        ),
        MigrationReason.GATEWAY_EVENTS_DIFFER: phrase(
            "Kejadian yang ditunggu “%(source)s” tidak sama (lama: %(expected)s; baru: %(found)s)."
        ),
        MigrationReason.EVENT_SUB_PROCESSES_DIFFER: phrase(
            "Sub-proses kejadian tidak sama (lama: %(expected)s; baru: %(found)s)."
        ),
        MigrationReason.FLOW_MISSING: phrase(
            "Token pada “%(source)s” datang dari “%(expected)s”; versi baru tidak punya alur itu."
        ),
        MigrationReason.WAITS_FOR_EVER: phrase(
            "“%(target)s” akan menunggu cabang yang tidak akan pernah datang."
        ),
        MigrationReason.DONE_TWICE: phrase("“%(target)s” akan dikerjakan lebih dari sekali."),
        MigrationReason.NEVER_ENDS: phrase(
            "Sesudah “%(target)s” berkas ini tidak dapat selesai lagi."
        ),
        MigrationReason.TOO_LARGE: phrase(
            "Versi baru terlalu besar untuk dibuktikan bahwa berkas ini dapat selesai."
        ),
        MigrationReason.CANDIDATES_NOT_EVALUATED: phrase(
            "Calon pelaksana “%(target)s” tidak dapat dihitung dari data berkas ini."
        ),
        MigrationReason.INSTANCE_ENDED: phrase("Berkas ini sudah berakhir."),
        MigrationReason.OTHER_VERSION: phrase("Berkas ini berjalan pada versi yang lain."),
    }
)


def fault_text(fault: MigrationFault, old: ProcessModel, new: ProcessModel) -> str:
    """The fault, its elements by their names."""
    return _WORDS[fault.reason] % {
        "source": _name(old, fault.source),
        "target": _name(new, fault.target),
        "expected": fault.expected or "–",
        "found": fault.found or "–",
    }


def _name(model: ProcessModel, node_id: str | None) -> str:
    node = model.nodes.get(node_id or "")
    return (node.name if node else None) or node_id or "–"
