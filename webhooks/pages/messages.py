"""The sentences that the pages say from Python; of errors explanations.py, of accounts another.

Templates hold the rest. Nothing here shows an id or a text of the engine that people cannot use.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext, ngettext

from engine.model import (
    EventKind,
    Fault,
    FaultKind,
    InstanceState,
    Role,
    Severity,
)
from webhooks.language import Phrases, phrase

#: Account name -> the name that people know.
Names = Mapping[str, str]

CSRF_WRONG = phrase(
    "Tanda pengaman formulir ini tidak berlaku lagi. Kembali ke halaman sebelumnya, muat ulang, "
    "lalu kirim sekali lagi."
)
STILL_THERE = phrase(
    "Sesi Anda berakhir sebelum formulir ini terkirim. Isian Anda masih ada dan belum dikirim: "
    "periksa, pilih ulang berkas bila ada, lalu kirim sekali lagi."
)
THE_ENGINE = phrase("Sistem")

STATES: Mapping[InstanceState, str] = Phrases(
    {
        InstanceState.ACTIVE: phrase("Berjalan"),
        InstanceState.COMPLETED: phrase("Selesai"),
        InstanceState.CANCELLED: phrase("Dibatalkan"),
    }
)
ROLES: Mapping[Role, str] = Phrases(
    {
        Role.STAFF: phrase("Pelaksana"),
        Role.ANALYST: phrase("Analis Proses"),
        Role.AUDITOR: phrase("Auditor (APIP)"),
        Role.ADMIN: phrase("Administrator"),
        Role.WORKER: phrase("Pekerja (program)"),
    }
)
SEVERITIES: Mapping[Severity, str] = Phrases(
    {
        Severity.ERROR: phrase("Kesalahan"),
        Severity.UNSUPPORTED: phrase("Tidak didukung"),
        Severity.WARNING: phrase("Peringatan"),
    }
)
DEEDS: Mapping[EventKind, str] = Phrases(
    {
        EventKind.INSTANCE_STARTED: phrase("Proses dimulai"),
        EventKind.TASK_CLAIMED: phrase("Tugas diambil"),
        EventKind.TASK_UNCLAIMED: phrase("Tugas dilepas"),
        EventKind.TASK_ASSIGNED: phrase("Tugas diberikan"),
        EventKind.TASK_CHANGED: phrase("Prioritas atau tanggal tugas diubah"),
        EventKind.TASK_ESCALATED: phrase("Tugas terlambat diteruskan ke atasan"),
        EventKind.TASK_COMPLETED: phrase("Tugas diselesaikan"),
        EventKind.TASK_ERROR: phrase("Galat dilaporkan pada tugas"),
        EventKind.TASK_ESCALATION: phrase("Eskalasi dilaporkan pada tugas"),
        EventKind.VARIABLES_CHANGED: phrase("Data diubah oleh administrator"),
        EventKind.TIMERS_DUE: phrase("Waktu yang ditentukan telah tiba"),
        EventKind.INCIDENT_RETRIED: phrase("Langkah yang gagal dijalankan ulang"),
        EventKind.INSTANCE_CANCELLED: phrase("Proses dibatalkan"),
        EventKind.CALLED_INSTANCE_ENDED: phrase("Proses yang dipanggil telah berakhir"),
        EventKind.CALL_FAILED: phrase("Proses lain tidak dapat dipanggil"),
        EventKind.CALL_ERROR: phrase("Proses yang dipanggil berakhir dengan galat"),
        EventKind.CALL_ESCALATION: phrase("Proses yang dipanggil mengirim eskalasi"),
        EventKind.SERVICE_COMPLETED: phrase("Layanan selesai dikerjakan"),
        EventKind.SERVICE_FAILED: phrase("Layanan gagal dikerjakan"),
        EventKind.MESSAGE_RECEIVED: phrase("Pesan diterima"),
        EventKind.SIGNAL_RECEIVED: phrase("Sinyal diterima"),
        EventKind.SERVICE_ERROR: phrase("Layanan melaporkan kesalahan proses"),
        EventKind.ATTACHMENT_ADDED: phrase("Lampiran ditambahkan"),
        EventKind.ATTACHMENT_WITHDRAWN: phrase("Lampiran ditarik"),
        EventKind.COMMENT_ADDED: phrase("Komentar ditulis"),
        EventKind.INSTANCE_MIGRATED: phrase("Dipindahkan ke versi SOP lain"),
    }
)
CHECKS: Mapping[FaultKind, str] = Phrases(
    {
        "chain": phrase("Rantai hash tidak cocok: isi riwayat ini berubah setelah dicatat."),
        "replay": phrase("Putar ulang memberi hasil yang lain daripada yang tercatat."),
        "state": phrase("Keadaan yang tersimpan tidak sama dengan keadaan menurut riwayat."),
        "document": phrase("Dokumen tidak sama dengan yang dicatat riwayat, atau hilang."),
        "deadline": phrase(
            "Tenggat tidak sesuai dengan Waktu langkahnya menurut kalender yang disebutnya."
        ),
        "escalation": phrase(
            "Tugas diteruskan ke atasan tidak seperti tenggat, diagram, dan waktu sesudahnya."
        ),
        "paraf": phrase(
            "Paraf atau tanda tangan tidak sesuai dengan versi dokumen yang disebutnya."
        ),
        "same person": phrase("Tanda “orang yang sama” tidak sesuai dengan langkah sebelumnya."),
        "gap": phrase("Riwayat tidak utuh: ada catatan yang hilang."),
        "checkpoint": phrase(
            "Riwayat tidak sama dengan titik periksa yang ditandatangani di luar basis data."
        ),
    }
)
#: The notices that one page hands to the next by their code, as `?kabar=`.
NOTICES: Mapping[str, str] = Phrases(
    {
        "keluar": phrase("Anda telah keluar."),
        "sesi-berakhir": phrase("Semua sesi Anda telah diakhiri. Silakan masuk kembali."),
        "diambil": phrase("Tugas ini kini menjadi tugas Anda."),
        "diambil-alih": phrase("Tugas ini telah Anda ambil alih."),
        "diserahkan": phrase("Tugas telah diserahkan kepada rekan Anda."),
        "pilih-rekan": phrase("Pilih rekan yang akan menerima tugas ini. Tugas belum diserahkan."),
        "draf-disimpan": phrase("Draf disimpan. Tugas ini belum diselesaikan."),
        "draf-dihapus": phrase("Draf dibuang."),
        "saringan-disimpan": phrase("Saringan telah disimpan."),
        "saringan-dihapus": phrase("Saringan telah dihapus."),
        "saringan-ditolak": phrase(
            "Saringan tidak disimpan: beri nama 1 sampai 60 karakter; paling banyak 30 saringan."
        ),
        "tugas-diubah": phrase("Prioritas dan tanggal tugas telah disimpan."),
        "dilepas": phrase("Tugas dilepas dan kembali tersedia bagi lajurnya."),
        "dimulai": phrase("Proses telah dimulai."),
        "pesan-tersampaikan": phrase("Pesan telah disampaikan kepada berkas proses ini."),
        "pesan-belum-cocok": phrase(
            "Pesan belum disampaikan: masih belum tepat satu yang menunggunya."
        ),
        "pesan-tidak-sesuai": phrase(
            "Pesan belum disampaikan: isinya tidak sesuai dengan yang menunggunya."
        ),
        "pesan-sudah": phrase("Pesan ini sudah disampaikan atau disingkirkan."),
        "pesan-disingkirkan": phrase(
            "Pesan telah disingkirkan; ia tetap tersimpan bersama alasannya."
        ),
        "langganan-diubah": phrase("Langganan telah diubah."),
        "langganan-diuji": phrase(
            "Uji coba sedang dikirim; muat ulang halaman ini untuk melihat hasilnya."
        ),
        "langganan-nonaktif": phrase("Langganan telah dinonaktifkan."),
        "langganan-aktif": phrase("Langganan telah diaktifkan."),
        "langganan-dihapus": phrase("Langganan telah dihapus."),
        "kiriman-diulang": phrase("Kiriman akan dikirim ulang."),
        "kiriman-tidak-diulang": phrase(
            "Tidak dikirim ulang: kiriman itu sedang dikirim, atau langganannya nonaktif."
        ),
        "surel-disimpan": phrase("Alamat surel telah disimpan."),
        "surel-dihapus": phrase("Alamat surel telah dihapus."),
        "ponsel-disimpan": phrase("Nomor atau ID percakapan telah disimpan."),
        "ponsel-dihapus": phrase("Nomor atau ID percakapan telah dihapus."),
        "dikomentari": phrase("Komentar telah dicatat."),
        "dilampirkan": phrase("Lampiran telah ditambahkan."),
        "ditarik": phrase("Lampiran telah ditarik; riwayat tetap mencatatnya."),
        "dibatalkan": phrase("Proses telah dibatalkan."),
        "diulang": phrase("Langkah yang gagal telah dijalankan ulang, dan proses berlanjut."),
        "diulang-gagal": phrase(
            "Langkah itu dijalankan ulang, tetapi gagal lagi. Penjelasannya ada di bawah."
        ),
        "gangguan-sudah": phrase("Gangguan ini sudah ditangani; tidak ada yang dijalankan ulang."),
        "dipasang": phrase("SOP telah dipasang."),
        "sudah-terpasang": phrase(
            "Berkas yang sama sudah pernah dipasang; tidak ada yang berubah."
        ),
        "akun-ditambah": phrase("Akun telah ditambahkan."),
        "akun-diubah": phrase("Akun telah diubah."),
        "data-pribadi-dihapus": phrase(
            "Kuncinya telah dihapus; nilai-nilainya tidak dapat dibaca lagi."
        ),
        "penggantian-dicatat": phrase("Penggantian telah dicatat."),
        "penggantian-diubah": phrase("Penggantian telah diubah."),
        "penggantian-diakhiri": phrase("Penggantian telah diakhiri."),
        "penggantian-sudah": phrase("Penggantian ini sudah berakhir; tidak ada yang berubah."),
        "akun-nonaktif": phrase("Akun telah dinonaktifkan; sesi dan tokennya tidak berlaku lagi."),
        "akun-aktif": phrase("Akun telah diaktifkan."),
        "sandi-diganti": phrase("Kata sandi telah diganti; sesi lain telah diakhiri."),
        "sumber-nonaktif": phrase("Sumber pesan dinonaktifkan; pesannya ditolak mulai sekarang."),
        "sumber-aktif": phrase("Sumber pesan diaktifkan."),
        "atasan-disimpan": phrase("Urutan atasan telah disimpan."),
        "kalender-disimpan": phrase("Kalender telah disimpan."),
        "token-dicabut": phrase("Token akses telah dicabut."),
        "sesi-diakhiri": phrase("Sesi telah diakhiri."),
        "sso-dihubungkan": phrase("Akun ini telah dihubungkan dengan SSO."),
        "sso-diputus": phrase("Akun ini tidak lagi terhubung dengan SSO."),
        "kode-dihapus": phrase("Kode sekali pakai telah dinonaktifkan."),
        "kode-salah": phrase("Kode salah; tidak ada yang berubah."),
        "kunci-dibuka": phrase("Percobaan masuk atas nama akun ini tidak lagi ditahan."),
    }
)

NAME_TAKEN = phrase("Nama ini sudah dipakai; pilih nama lain.")
DATE_RULE = phrase("Harus berupa tanggal, misalnya 2026-01-31.")
FILES_SEVERAL = phrase("Boleh lebih dari satu berkas.")
COMMENT_RULE = phrase("Tuliskan komentar, paling banyak 4.000 karakter.")
ATTACHMENT_RULE = phrase("Pilih satu berkas yang tidak kosong.")
TAKE_OVER_RULE = phrase("Tuliskan alasan mengambil alih, paling banyak 4.000 karakter.")
REASON_MISSING = phrase("Tuliskan alasan pembatalan, paling banyak 4.000 karakter.")
BUSINESS_KEY_RULE = phrase("Kunci berkas paling banyak 255 karakter.")
FILE_MISSING = phrase("Pilih 1 sampai 50 berkas; paling sedikit satu berkas .bpmn.")


def completed(task_name: str) -> str:
    """What the page after a completed task says."""
    return gettext("Tugas “%(name)s” telah diselesaikan.", name=task_name)


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
    return gettext("Paling besar %(size)s MB tiap berkas.", size=megabytes)


def required_if(label: str, value: str) -> str:
    """When a field must be filled."""
    return gettext("Wajib bila %(label)s: %(value)s.", label=label, value=value)


def missing_because(label: str, value: str) -> str:
    """Why a field that is sometimes mandatory must be filled now."""
    return gettext(
        "Isian ini wajib diisi karena “%(label)s” bernilai “%(value)s”.", label=label, value=value
    )


def fault_text(fault: Fault) -> str:
    """What a fault of `verify` means."""
    return CHECKS[fault.check]
