"""Every Indonesian sentence that the pages say from Python, and the engine's errors in words.

Templates hold the rest. Nothing here shows an id or a text of the engine that people cannot use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext, ngettext

from engine import errors
from engine.model import (
    EventKind,
    Fault,
    InstanceState,
    Role,
    Severity,
    TaskState,
)
from webhooks.pages.dates import moment_text

#: Account name -> the name that people know.
Names = Mapping[str, str]

CSRF_WRONG = (
    "Tanda pengaman formulir ini tidak berlaku lagi. Kembali ke halaman sebelumnya, muat ulang, "
    "lalu kirim sekali lagi."
)
STILL_THERE = (
    "Sesi Anda berakhir sebelum formulir ini terkirim. Isian Anda masih ada dan belum dikirim: "
    "periksa, pilih ulang berkas bila ada, lalu kirim sekali lagi."
)
THE_ENGINE = "Sistem"

STATES: Mapping[InstanceState, str] = {
    InstanceState.ACTIVE: "Berjalan",
    InstanceState.COMPLETED: "Selesai",
    InstanceState.CANCELLED: "Dibatalkan",
}
TASK_STATES: Mapping[TaskState, str] = {
    TaskState.OPEN: "terbuka",
    TaskState.COMPLETED: "selesai",
    TaskState.CANCELLED: "dibatalkan",
}
ROLES: Mapping[Role, str] = {
    Role.STAFF: "Pelaksana",
    Role.ANALYST: "Analis Proses",
    Role.AUDITOR: "Auditor (APIP)",
    Role.ADMIN: "Administrator",
    Role.WORKER: "Pekerja (program)",
}
SEVERITIES: Mapping[Severity, str] = {
    Severity.ERROR: "Kesalahan",
    Severity.UNSUPPORTED: "Tidak didukung",
    Severity.WARNING: "Peringatan",
}
DEEDS: Mapping[EventKind, str] = {
    EventKind.INSTANCE_STARTED: "Proses dimulai",
    EventKind.TASK_CLAIMED: "Tugas diambil",
    EventKind.TASK_UNCLAIMED: "Tugas dilepas",
    EventKind.TASK_ASSIGNED: "Tugas diberikan",
    EventKind.TASK_CHANGED: "Prioritas atau tanggal tugas diubah",
    EventKind.TASK_COMPLETED: "Tugas diselesaikan",
    EventKind.TASK_ERROR: "Galat dilaporkan pada tugas",
    EventKind.TASK_ESCALATION: "Eskalasi dilaporkan pada tugas",
    EventKind.VARIABLES_CHANGED: "Data diubah oleh administrator",
    EventKind.TIMERS_DUE: "Waktu yang ditentukan telah tiba",
    EventKind.INCIDENT_RETRIED: "Langkah yang gagal dijalankan ulang",
    EventKind.INSTANCE_CANCELLED: "Proses dibatalkan",
    EventKind.CALLED_INSTANCE_ENDED: "Proses yang dipanggil telah berakhir",
    EventKind.CALL_FAILED: "Proses lain tidak dapat dipanggil",
    EventKind.CALL_ERROR: "Proses yang dipanggil berakhir dengan galat",
    EventKind.CALL_ESCALATION: "Proses yang dipanggil mengirim eskalasi",
    EventKind.SERVICE_COMPLETED: "Layanan selesai dikerjakan",
    EventKind.SERVICE_FAILED: "Layanan gagal dikerjakan",
    EventKind.MESSAGE_RECEIVED: "Pesan diterima",
    EventKind.SIGNAL_RECEIVED: "Sinyal diterima",
    EventKind.SERVICE_ERROR: "Layanan melaporkan kesalahan proses",
    EventKind.ATTACHMENT_ADDED: "Lampiran ditambahkan",
    EventKind.ATTACHMENT_WITHDRAWN: "Lampiran ditarik",
    EventKind.COMMENT_ADDED: "Komentar ditulis",
}
CHECKS: Mapping[str, str] = {
    "chain": "Rantai hash tidak cocok: isi riwayat ini berubah setelah dicatat.",
    "replay": "Putar ulang memberi hasil yang lain daripada yang tercatat.",
    "state": "Keadaan yang tersimpan tidak sama dengan keadaan menurut riwayat.",
    "document": "Dokumen tidak sama dengan yang dicatat riwayat, atau hilang.",
    "deadline": "Tenggat tidak sesuai dengan Waktu langkahnya menurut kalender yang disebutnya.",
    "same person": "Tanda “orang yang sama” tidak sesuai dengan langkah sebelumnya.",
    "paraf": "Paraf atau tanda tangan tidak sesuai dengan versi dokumen yang disebutnya.",
    "gap": "Riwayat tidak utuh: ada catatan yang hilang.",
    "checkpoint": "Riwayat tidak sama dengan titik periksa yang ditandatangani di luar basis data.",
}
#: The notices that one page hands to the next by their code, as `?kabar=`.
NOTICES: Mapping[str, str] = {
    "keluar": "Anda telah keluar.",
    "sesi-berakhir": "Semua sesi Anda telah diakhiri. Silakan masuk kembali.",
    "diambil": "Tugas ini kini menjadi tugas Anda.",
    "diambil-alih": "Tugas ini telah Anda ambil alih.",
    "diserahkan": "Tugas telah diserahkan kepada rekan Anda.",
    "pilih-rekan": "Pilih rekan yang akan menerima tugas ini. Tugas belum diserahkan.",
    "draf-disimpan": "Draf disimpan. Tugas ini belum diselesaikan.",
    "draf-dihapus": "Draf dibuang.",
    "saringan-disimpan": "Saringan telah disimpan.",
    "saringan-dihapus": "Saringan telah dihapus.",
    "saringan-ditolak": "Saringan tidak disimpan: beri nama 1 sampai 60 karakter; paling banyak 30 "
    "saringan.",
    "tugas-diubah": "Prioritas dan tanggal tugas telah disimpan.",
    "dilepas": "Tugas dilepas dan kembali tersedia bagi lajurnya.",
    "dimulai": "Proses telah dimulai.",
    "pesan-tersampaikan": "Pesan telah disampaikan kepada berkas proses ini.",
    "pesan-belum-cocok": "Pesan belum disampaikan: masih belum tepat satu yang menunggunya.",
    "pesan-tidak-sesuai": "Pesan belum disampaikan: isinya tidak sesuai dengan yang menunggunya.",
    "pesan-sudah": "Pesan ini sudah disampaikan atau disingkirkan.",
    "pesan-disingkirkan": "Pesan telah disingkirkan; ia tetap tersimpan bersama alasannya.",
    "langganan-diubah": "Langganan telah diubah.",
    "langganan-diuji": "Uji coba sedang dikirim; muat ulang halaman ini untuk melihat hasilnya.",
    "langganan-nonaktif": "Langganan telah dinonaktifkan.",
    "langganan-aktif": "Langganan telah diaktifkan.",
    "langganan-dihapus": "Langganan telah dihapus.",
    "kiriman-diulang": "Kiriman akan dikirim ulang.",
    "kiriman-tidak-diulang": "Tidak dikirim ulang: kiriman itu sedang dikirim, atau langganannya "
    "nonaktif.",
    "surel-disimpan": "Alamat surel telah disimpan.",
    "surel-dihapus": "Alamat surel telah dihapus.",
    "ponsel-disimpan": "Nomor atau ID percakapan telah disimpan.",
    "ponsel-dihapus": "Nomor atau ID percakapan telah dihapus.",
    "dikomentari": "Komentar telah dicatat.",
    "dilampirkan": "Lampiran telah ditambahkan.",
    "ditarik": "Lampiran telah ditarik; riwayat tetap mencatatnya.",
    "dibatalkan": "Proses telah dibatalkan.",
    "diulang": "Langkah yang gagal telah dijalankan ulang.",
    "dipasang": "SOP telah dipasang.",
    "sudah-terpasang": "Berkas yang sama sudah pernah dipasang; tidak ada yang berubah.",
    "akun-ditambah": "Akun telah ditambahkan.",
    "akun-diubah": "Akun telah diubah.",
    "akun-nonaktif": "Akun telah dinonaktifkan; sesi dan tokennya tidak berlaku lagi.",
    "akun-aktif": "Akun telah diaktifkan.",
    "sandi-diganti": "Kata sandi telah diganti; sesi lain telah diakhiri.",
    "sumber-nonaktif": "Sumber pesan dinonaktifkan; pesannya ditolak mulai sekarang.",
    "sumber-aktif": "Sumber pesan diaktifkan.",
    "kalender-disimpan": "Kalender telah disimpan.",
    "token-dicabut": "Token akses telah dicabut.",
    "sesi-diakhiri": "Sesi telah diakhiri.",
    "sso-dihubungkan": "Akun ini telah dihubungkan dengan SSO.",
    "sso-diputus": "Akun ini tidak lagi terhubung dengan SSO.",
    "kode-dihapus": "Kode sekali pakai telah dinonaktifkan.",
    "kode-salah": "Kode salah; tidak ada yang berubah.",
    "kunci-dibuka": "Percobaan masuk atas nama akun ini tidak lagi ditahan.",
}

NAME_TAKEN = "Nama ini sudah dipakai; pilih nama lain."
DATE_RULE = "Harus berupa tanggal, misalnya 2026-01-31."
FILES_SEVERAL = "Boleh lebih dari satu berkas."
COMMENT_RULE = "Tuliskan komentar, paling banyak 4.000 karakter."
ATTACHMENT_RULE = "Pilih satu berkas yang tidak kosong."
TAKE_OVER_RULE = "Tuliskan alasan mengambil alih, paling banyak 4.000 karakter."
REASON_MISSING = "Tuliskan alasan pembatalan, paling banyak 4.000 karakter."
BUSINESS_KEY_RULE = "Kunci berkas paling banyak 255 karakter."
FILE_MISSING = "Pilih 1 sampai 50 berkas; paling sedikit satu berkas .bpmn."


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error as a page tells it. `details`: what is worth knowing beside it."""

    title: str
    text: str
    details: tuple[str, ...] = field(default=())


def completed(task_name: str) -> str:
    """What the page after a completed task says."""
    return f"Tugas “{task_name}” telah diselesaikan."


def claimed(number: int, *, failed: int) -> str:
    """What the inbox says after several tasks were taken at once."""
    if not number and not failed:
        return gettext("Pilih tugas yang akan diambil.")
    taken = ngettext(
        "%(num)s tugas kini menjadi tugas Anda.", "%(num)s tugas kini menjadi tugas Anda.", number
    )
    if not failed:
        return taken
    missed = ngettext(
        "%(num)s tugas tidak dapat diambil: sudah diambil orang lain, atau sudah berakhir.",
        "%(num)s tugas tidak dapat diambil: sudah diambil orang lain, atau sudah berakhir.",
        failed,
    )
    return f"{taken} {missed}" if number else missed


def largest_file(megabytes: int) -> str:
    """How large a file may be."""
    return f"Paling besar {megabytes} MB tiap berkas."


def required_if(label: str, value: str) -> str:
    """When a field must be filled."""
    return f"Wajib bila {label}: {value}."


def missing_because(label: str, value: str) -> str:
    """Why a field that is sometimes mandatory must be filled now."""
    return f"Isian ini wajib diisi karena “{label}” bernilai “{value}”."


def fault_text(fault: Fault) -> str:
    """What a fault of `verify` means."""
    return CHECKS.get(fault.check, "Riwayat tidak cocok dengan yang seharusnya.")


# --------------------------------------------------------------------- errors


def _name(names: Names, account: str | None) -> str:
    return THE_ENGINE if account is None else names.get(account, account)


def _when(moment: datetime | None) -> str:
    return f" pada {moment_text(moment)}" if moment else ""


def _task_not_open(error: errors.TaskNotOpen, names: Names) -> Explanation:
    if error.state is TaskState.CANCELLED:
        by = f" oleh {_name(names, error.ended_by)}" if error.ended_by else ""
        return Explanation(
            "Tugas sudah dibatalkan", f"Tugas ini dibatalkan{by}{_when(error.ended_at)}."
        )
    return Explanation(
        "Tugas sudah selesai",
        f"Tugas ini telah diselesaikan oleh {_name(names, error.ended_by)}{_when(error.ended_at)}.",
    )


def _task_claimed(error: errors.TaskAlreadyClaimed, names: Names) -> Explanation:
    return Explanation(
        "Tugas sedang dikerjakan orang lain",
        f"Tugas ini telah diambil oleh {_name(names, error.assignee)}{_when(error.claimed_at)}.",
        (
            "Apabila tugas ini perlu Anda kerjakan, mintalah yang bersangkutan melepasnya, atau "
            "buka tugasnya lalu ambil alih.",
        ),
    )


def _link_used(error: errors.LinkUsed, _names: Names) -> Explanation:
    return Explanation(
        "Tugas sudah selesai", f"Tautan ini telah dipakai{_when(error.used_at)}; tugasnya selesai."
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


def _constant(title: str, text: str, *details: str) -> Callable[[Any, Names], Explanation]:
    explanation = Explanation(title, text, details)
    return lambda _error, _names: explanation


#: The nearest class in an error's ancestry decides, as in problems.py.
_EXPLANATIONS: Mapping[type[errors.EngineError], Callable[[Any, Names], Explanation]] = {
    errors.EngineError: _constant(
        "Terjadi gangguan", "Permintaan Anda tidak dapat dijalankan. Silakan coba lagi."
    ),
    errors.NotFound: _constant(
        "Tidak ditemukan",
        "Yang Anda cari tidak ada, atau sudah tidak ada lagi.",
    ),
    errors.Forbidden: _constant(
        "Tidak berwenang",
        "Akun Anda tidak berwenang membuka atau melakukan ini.",
        "Apabila ini tugas Anda, mintalah administrator memeriksa peran dan lajur akun Anda.",
    ),
    errors.InvalidInput: _constant(
        "Isian belum benar", "Permintaan ini tidak dapat dipahami. Periksa isian Anda."
    ),
    errors.Conflict: _constant(
        "Sudah berubah", "Orang lain mendahului Anda. Muat ulang halaman, lalu periksa kembali."
    ),
    errors.TaskNotOpen: _task_not_open,
    errors.TaskAlreadyClaimed: _task_claimed,
    errors.ParafMissing: _paraf_missing,
    errors.PaperChanged: _constant(
        "Dokumen sudah berubah",
        "Dokumen ini berubah sesudah Anda membukanya. Baca versi yang berlaku, lalu kirim lagi.",
    ),
    errors.PaperMissing: _constant(
        "Belum ada dokumen",
        "Dokumen yang harus diparaf atau ditandatangani pada langkah ini belum dibuat.",
    ),
    errors.LinkUsed: _link_used,
    errors.LinkExpired: _constant(
        "Tautan sudah kedaluwarsa",
        "Masa berlaku tautan ini sudah habis. Tugasnya masih dapat dikerjakan di Kotak Masuk.",
    ),
    errors.LoginDemanded: _constant(
        "Perlu masuk terlebih dahulu",
        "Menurut SOP, langkah ini tidak dapat diselesaikan lewat tautan. Masuklah dengan akun "
        "Anda, lalu selesaikan di sana.",
    ),
    errors.InstanceEnded: _constant(
        "Proses sudah berakhir", "Berkas proses ini sudah berakhir; tidak ada lagi yang diubah."
    ),
    errors.IdempotencyKeyReused: _constant(
        "Formulir sudah dikirim",
        "Formulir ini sudah pernah dikirim dengan isian lain; yang pertama yang berlaku.",
    ),
    errors.NameTaken: _constant("Nama sudah dipakai", NAME_TAKEN),
    errors.SecretKeyUnusable: _constant(
        "Kunci rahasia tidak dapat dipakai",
        "Kunci rahasia sistem tidak ada, atau bukan yang dahulu dipakai. Beri tahu administrator.",
        "Penjelasannya ada pada log server; lihat ALUR_SECRET_KEY dalam README.",
    ),
    errors.TooManySimulations: _constant(
        "Sistem sedang sibuk",
        "Simulasi lain sedang berjalan. Tunggu beberapa detik, lalu coba lagi.",
    ),
    errors.SignOnUnavailable: _constant(
        "SSO tidak dapat dihubungi",
        "Masuk dengan SSO sedang tidak dapat dilakukan. Anda tetap dapat masuk dengan kata sandi.",
        "Apabila berulang, beri tahu administrator.",
    ),
    errors.TooManyHashes: _constant(
        "Sistem sedang sibuk",
        "Terlalu banyak orang masuk bersamaan. Tunggu sebentar, lalu coba lagi.",
    ),
    errors.StorageBusy: _constant(
        "Sistem sedang sibuk",
        "Basis data sedang sibuk; tidak ada yang tersimpan. Tunggu sebentar, lalu kirim lagi.",
    ),
    errors.StorageFull: _constant(
        "Penyimpanan penuh",
        "Tidak ada yang tersimpan karena penyimpanan penuh. Beri tahu administrator.",
    ),
    errors.StorageOutdated: _constant(
        "Basis data perlu diperbarui", "Beri tahu administrator untuk memperbarui basis data."
    ),
}


def explain(error: errors.EngineError, names: Names) -> Explanation:
    """The error for people."""
    kind = next(each for each in type(error).__mro__ if each in _EXPLANATIONS)
    return _EXPLANATIONS[kind](error, names)


_HTTP: Mapping[int, Explanation] = {
    400: Explanation("Permintaan tidak sah", "Permintaan ini tidak dapat dipahami."),
    403: Explanation("Tidak berwenang", "Akun Anda tidak berwenang membuka ini."),
    404: Explanation("Halaman tidak ditemukan", "Halaman yang Anda cari tidak ada."),
    405: Explanation("Cara yang salah", "Halaman ini tidak dapat dibuka dengan cara itu."),
    429: Explanation(
        "Terlalu banyak permintaan",
        "Tunggu satu menit, lalu kirim sekali lagi. Yang ini belum dikerjakan.",
    ),
    413: Explanation("Berkas terlalu besar", "Yang Anda kirim melebihi batas ukuran kiriman."),
    503: Explanation("Sistem sedang sibuk", "Tunggu sebentar, lalu coba lagi."),
}
UNEXPECTED = Explanation(
    "Terjadi kesalahan pada sistem",
    "Permintaan Anda tidak dapat diselesaikan. Coba lagi; apabila berulang, beri tahu "
    "administrator beserta waktunya.",
)


def explain_http(status: int, description: str | None) -> Explanation:
    """An HTTP refusal for people."""
    if description == CSRF_WRONG:
        return Explanation("Formulir tidak berlaku lagi", CSRF_WRONG)
    return _HTTP.get(status, _HTTP[400] if status < 500 else UNEXPECTED)
