"""Errors as pages tell them: the engine's by their class, those of HTTP by their status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext

from engine import errors
from engine.model import TaskState
from webhooks.language import phrase
from webhooks.pages.dates import moment_text
from webhooks.pages.messages import CSRF_WRONG, NAME_TAKEN, THE_ENGINE, Names


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error as a page tells it. `details`: what is worth knowing beside it."""

    title: str
    text: str
    details: tuple[str, ...] = field(default=())

    def spoken(self) -> Explanation:
        """The same in the language of the page, when it was made of phrases."""
        return Explanation(
            gettext(self.title), gettext(self.text), tuple(gettext(each) for each in self.details)
        )


def _name(names: Names, account: str | None) -> str:
    return gettext(THE_ENGINE) if account is None else names.get(account, account)


def _task_not_open(error: errors.TaskNotOpen, names: Names) -> Explanation:
    who = _name(names, error.ended_by) if error.ended_by else ""
    if error.state is TaskState.CANCELLED:
        return Explanation(gettext("Tugas sudah dibatalkan"), _cancelled(who, error.ended_at))
    return Explanation(
        gettext("Tugas sudah selesai"), _completed(_name(names, error.ended_by), error.ended_at)
    )


def _cancelled(who: str, at: datetime | None) -> str:
    when = moment_text(at)
    if who and when:
        return gettext("Tugas ini dibatalkan oleh %(who)s pada %(at)s.", who=who, at=when)
    if who:
        return gettext("Tugas ini dibatalkan oleh %(who)s.", who=who)
    if when:
        return gettext("Tugas ini dibatalkan pada %(at)s.", at=when)
    return gettext("Tugas ini dibatalkan.")


def _completed(who: str, at: datetime | None) -> str:
    if at is None:
        return gettext("Tugas ini telah diselesaikan oleh %(who)s.", who=who)
    return gettext(
        "Tugas ini telah diselesaikan oleh %(who)s pada %(at)s.", who=who, at=moment_text(at)
    )


def _task_claimed(error: errors.TaskAlreadyClaimed, names: Names) -> Explanation:
    who, at = _name(names, error.assignee), error.claimed_at
    return Explanation(
        gettext("Tugas sedang dikerjakan orang lain"),
        gettext("Tugas ini telah diambil oleh %(who)s pada %(at)s.", who=who, at=moment_text(at))
        if at
        else gettext("Tugas ini telah diambil oleh %(who)s.", who=who),
        (
            gettext(
                "Apabila tugas ini perlu Anda kerjakan, mintalah yang bersangkutan melepasnya, "
                "atau buka tugasnya lalu ambil alih."
            ),
        ),
    )


def _link_used(error: errors.LinkUsed, _names: Names) -> Explanation:
    return Explanation(
        gettext("Tugas sudah selesai"),
        gettext(
            "Tautan ini telah dipakai pada %(at)s; tugasnya selesai.", at=moment_text(error.used_at)
        ),
    )


def _paraf_missing(error: errors.ParafMissing, _names: Names) -> Explanation:
    return Explanation(
        gettext("Belum dapat ditandatangani"),
        gettext(
            "Dokumen versi %(version)s belum diparaf oleh: %(lanes)s. Tanda tangan belum dicatat.",
            version=error.version,
            lanes=", ".join(error.lanes),
        ),
        (gettext("Kembalikan dokumen ini dengan catatan, agar diparaf pada versi yang berlaku."),),
    )


def _substitution_over(error: errors.SubstitutionOver, _names: Names) -> Explanation:
    title = gettext("Anda tidak lagi bertindak sebagai %(title)s", title=error.title)
    if error.ended_at is None:
        return Explanation(title, gettext("Penggantian Anda baru saja diakhiri."))
    at = moment_text(error.ended_at)
    return Explanation(title, gettext("Penggantian Anda berakhir pada %(at)s.", at=at))


def _constant(title: str, text: str, *details: str) -> Callable[[Any, Names], Explanation]:
    explanation = Explanation(title, text, details)
    return lambda _error, _names: explanation.spoken()


#: The nearest class in an error's ancestry decides, as in problems.py.
_EXPLANATIONS: Mapping[type[errors.EngineError], Callable[[Any, Names], Explanation]] = {
    errors.EngineError: _constant(
        phrase("Terjadi gangguan"),
        phrase("Permintaan Anda tidak dapat dijalankan. Silakan coba lagi."),
    ),
    errors.NotFound: _constant(
        phrase("Tidak ditemukan"),
        phrase("Yang Anda cari tidak ada, atau sudah tidak ada lagi."),
    ),
    errors.Forbidden: _constant(
        phrase("Tidak berwenang"),
        phrase("Akun Anda tidak berwenang membuka atau melakukan ini."),
        phrase(
            "Apabila ini tugas Anda, mintalah administrator memeriksa peran dan lajur akun Anda."
        ),
    ),
    errors.StrategicStep: _constant(
        phrase("Langkah strategis"),
        phrase("Menurut SOP, langkah ini dikerjakan oleh pemangku jabatannya, bukan penggantinya."),
    ),
    errors.SubstitutionOver: _substitution_over,
    errors.InvalidInput: _constant(
        phrase("Isian belum benar"),
        phrase("Permintaan ini tidak dapat dipahami. Periksa isian Anda."),
    ),
    errors.Conflict: _constant(
        phrase("Sudah berubah"),
        phrase("Orang lain mendahului Anda. Muat ulang halaman, lalu periksa kembali."),
    ),
    errors.TaskNotOpen: _task_not_open,
    errors.TaskAlreadyClaimed: _task_claimed,
    errors.ParafMissing: _paraf_missing,
    errors.PaperChanged: _constant(
        phrase("Dokumen sudah berubah"),
        phrase(
            "Dokumen ini berubah sesudah Anda membukanya. Baca versi yang berlaku, lalu kirim lagi."
        ),
    ),
    errors.PaperMissing: _constant(
        phrase("Belum ada dokumen"),
        phrase("Dokumen yang harus diparaf atau ditandatangani pada langkah ini belum dibuat."),
    ),
    errors.LinkUsed: _link_used,
    errors.LinkExpired: _constant(
        phrase("Tautan sudah kedaluwarsa"),
        phrase(
            "Masa berlaku tautan ini sudah habis. Tugasnya masih dapat dikerjakan di Kotak Masuk."
        ),
    ),
    errors.LoginDemanded: _constant(
        phrase("Perlu masuk terlebih dahulu"),
        phrase(
            "Menurut SOP, langkah ini tidak dapat diselesaikan lewat tautan. Masuklah dengan akun "
            "Anda, lalu selesaikan di sana."
        ),
    ),
    errors.InstanceEnded: _constant(
        phrase("Proses sudah berakhir"),
        phrase("Berkas proses ini sudah berakhir; tidak ada lagi yang diubah."),
    ),
    errors.MigrationRefused: _constant(
        phrase("Berkas tidak dapat dipindahkan"),
        phrase(
            "Berkas proses ini tidak dapat dilanjutkan pada versi SOP yang dipilih, dan tetap "
            "seperti semula. Sebabnya tercantum pada pratinjau pemindahan."
        ),
    ),
    errors.IdempotencyKeyReused: _constant(
        phrase("Formulir sudah dikirim"),
        phrase("Formulir ini sudah pernah dikirim dengan isian lain; yang pertama yang berlaku."),
    ),
    errors.NameTaken: _constant(phrase("Nama sudah dipakai"), NAME_TAKEN),
    errors.SecretKeyUnusable: _constant(
        phrase("Kunci rahasia tidak dapat dipakai"),
        phrase(
            "Kunci rahasia sistem tidak ada, atau bukan yang dahulu dipakai. "
            "Beri tahu administrator."
        ),
        phrase("Penjelasannya ada pada log server; lihat ALUR_SECRET_KEY dalam README."),
    ),
    errors.TooManySimulations: _constant(
        phrase("Sistem sedang sibuk"),
        phrase("Simulasi lain sedang berjalan. Tunggu beberapa detik, lalu coba lagi."),
    ),
    errors.SignOnUnavailable: _constant(
        phrase("SSO tidak dapat dihubungi"),
        phrase(
            "Masuk dengan SSO sedang tidak dapat dilakukan. "
            "Anda tetap dapat masuk dengan kata sandi."
        ),
        phrase("Apabila berulang, beri tahu administrator."),
    ),
    errors.TooManyHashes: _constant(
        phrase("Sistem sedang sibuk"),
        phrase("Terlalu banyak orang masuk bersamaan. Tunggu sebentar, lalu coba lagi."),
    ),
    errors.StorageBusy: _constant(
        phrase("Sistem sedang sibuk"),
        phrase(
            "Basis data sedang sibuk; tidak ada yang tersimpan. Tunggu sebentar, lalu kirim lagi."
        ),
    ),
    errors.StorageAway: _constant(
        phrase("Basis data tidak dapat dihubungi"),
        phrase("Tidak ada yang tersimpan. Tunggu sebentar, lalu kirim lagi."),
        phrase("Apabila berulang, beri tahu administrator."),
    ),
    errors.OutcomeUnknown: _constant(
        phrase("Belum pasti apakah tersimpan"),
        phrase(
            "Hubungan dengan basis data terputus saat menyimpan. Tunggu sebentar, lalu kirim lagi: "
            "tugas, berkas baru dan komentar tidak tersimpan dua kali. "
            "Untuk yang lain, periksa dahulu apakah sudah tersimpan."
        ),
        phrase("Apabila berulang, beri tahu administrator."),
    ),
    errors.StorageFull: _constant(
        phrase("Penyimpanan penuh"),
        phrase("Tidak ada yang tersimpan karena penyimpanan penuh. Beri tahu administrator."),
    ),
    errors.StorageUnusable: _constant(
        phrase("Basis data sedang tidak dapat dipakai"),
        phrase("Yang Anda kirim tidak tersimpan, atau halaman ini tidak dapat dibaca."),
        phrase("Beri tahu administrator; sebabnya ada pada log server."),
    ),
    errors.DamagedRow: _constant(
        phrase("Data berkas ini rusak"),
        phrase("Sebagian data berkas ini tidak dapat dibaca. Berkas lain tidak terpengaruh."),
        phrase("Beri tahu administrator."),
    ),
    errors.DamagedHistory: _constant(
        phrase("Data berkas ini rusak"),
        phrase("Sebagian data berkas ini tidak dapat dibaca. Berkas lain tidak terpengaruh."),
        phrase("Beri tahu administrator."),
    ),
    errors.StorageOutdated: _constant(
        phrase("Basis data perlu diperbarui"),
        phrase("Beri tahu administrator untuk memperbarui basis data."),
    ),
}


def explain(error: errors.EngineError, names: Names) -> Explanation:
    """The error for people."""
    kind = next(each for each in type(error).__mro__ if each in _EXPLANATIONS)
    return _EXPLANATIONS[kind](error, names)


_HTTP: Mapping[int, Explanation] = {
    400: Explanation(
        phrase("Permintaan tidak sah"), phrase("Permintaan ini tidak dapat dipahami.")
    ),
    403: Explanation(phrase("Tidak berwenang"), phrase("Akun Anda tidak berwenang membuka ini.")),
    404: Explanation(
        phrase("Halaman tidak ditemukan"), phrase("Halaman yang Anda cari tidak ada.")
    ),
    405: Explanation(
        phrase("Cara yang salah"), phrase("Halaman ini tidak dapat dibuka dengan cara itu.")
    ),
    429: Explanation(
        phrase("Terlalu banyak permintaan"),
        phrase("Tunggu satu menit, lalu kirim sekali lagi. Yang ini belum dikerjakan."),
    ),
    413: Explanation(
        phrase("Berkas terlalu besar"), phrase("Yang Anda kirim melebihi batas ukuran kiriman.")
    ),
    503: Explanation(phrase("Sistem sedang sibuk"), phrase("Tunggu sebentar, lalu coba lagi.")),
}
_UNEXPECTED = Explanation(
    phrase("Terjadi kesalahan pada sistem"),
    phrase(
        "Permintaan Anda tidak dapat diselesaikan. Coba lagi; apabila berulang, beri tahu "
        "administrator beserta waktunya."
    ),
)


def explain_http(status: int, description: str | None) -> Explanation:
    """An HTTP refusal for people."""
    if description == CSRF_WRONG:
        return Explanation(phrase("Formulir tidak berlaku lagi"), CSRF_WRONG).spoken()
    return _HTTP.get(status, _HTTP[400] if status < 500 else _UNEXPECTED).spoken()


def unexpected() -> Explanation:
    """What is told of a fault of ours."""
    return _UNEXPECTED.spoken()
