"""What pages say of substitutions."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext

from engine.errors import InvalidInput
from engine.model import Substitution, SubstitutionKind, SubstitutionState
from engine.substitutions import Warned
from webhooks.language import Phrases, phrase
from webhooks.pages.dates import day_text, moment_text
from webhooks.pages.people import person

KINDS: Mapping[SubstitutionKind, str] = Phrases(
    {
        SubstitutionKind.PLT: phrase("Plt. – jabatan kosong (berhalangan tetap)"),
        SubstitutionKind.PLH: phrase("Plh. – pejabat berhalangan sementara"),
        SubstitutionKind.AN: phrase("a.n. – atas nama pejabat satu tingkat di atasnya"),
        SubstitutionKind.UB: phrase("u.b. – untuk beliau, sesudah a.n."),
    }
)
STATES: Mapping[SubstitutionState, str] = Phrases(
    {
        SubstitutionState.CURRENT: phrase("Berlaku"),
        SubstitutionState.COMING: phrase("Akan datang"),
        SubstitutionState.PAST: phrase("Sudah berakhir"),
    }
)
#: What a field takes, said whenever it was refused.
_RULES: Mapping[str, str] = Phrases(
    {
        "account": phrase("Pilih akun dari daftar."),
        "lane": phrase("Pilih atau tulis lajurnya, paling banyak 255 karakter."),
        "kind": phrase("Pilih Plt., Plh., a.n., atau u.b."),
        "basis_number": phrase("Tulis nomor SK atau surat tugas, paling banyak 255 karakter."),
        "basis_date": phrase("Isi tanggal surat, misalnya 2026-01-31."),
        "first_day": phrase("Isi hari pertama, misalnya 2026-01-31."),
        "last_day": phrase(
            "Isi hari terakhir: tidak sebelum hari pertama, tidak sebelum hari ini, dan paling "
            "jauh sepuluh tahun lagi."
        ),
        "replaces": phrase("Pilih akun lain daripada akun pengganti, atau kosongkan."),
        "reason": phrase("Tulis alasannya, paling banyak 4.000 karakter."),
    }
)
_SAME = phrase("Penggantian yang sama, dengan surat dan hari yang sama, sudah tercatat.")


def faults_of(error: InvalidInput) -> dict[str, str]:
    """What the form says of each field that was refused."""
    return {
        name: gettext(_SAME) if "says the same" in each[0] else _RULES.get(name, each[0])
        for name, each in error.fields.items()
    }


def own_text(each: Substitution) -> str:
    """One's own, as a sentence: Anda Plh. Sekretaris sampai 30 November 2026 (SK 800/17)."""
    return gettext(
        "Anda %(title)s sampai %(day)s (%(basis)s).",
        title=each.title,
        day=day_text(each.last_day),
        basis=each.basis_number,
    )


def warning_text(warned: Warned) -> str:
    """What an administrator should look at."""
    match warned.kind:
        case "too long":
            return gettext(
                "Lebih lama daripada batas kantor ini: %(days)s hari. Periksa aturan yang berlaku.",
                days=warned.days,
            )
        case "overlap":
            others = "; ".join(f"{person(each.account)} ({each.title})" for each in warned.others)
            return gettext(
                "Pada hari yang sama lajur ini juga digantikan oleh: %(others)s.", others=others
            )
        case "own lane":
            return gettext(
                "Akun ini sudah memegang lajur itu sendiri; tindakannya tetap tercatat definitif."
            )
        case _:
            return gettext("Akun ini nonaktif; penggantian baru berguna bila akunnya diaktifkan.")


def end_text(each: Substitution) -> str:
    """How it ended; "" for one that its day ended, or will."""
    if each.ended_by is None:
        return ""
    return gettext(
        "Diakhiri %(at)s oleh %(who)s: %(reason)s",
        at=moment_text(each.ended_at),
        who=person(each.ended_by),
        reason=each.end_reason,
    )
