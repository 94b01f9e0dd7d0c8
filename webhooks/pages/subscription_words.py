"""What the pages of web hooks say."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import AnnouncementKind, DeliveryFailure, DeliveryState, Disabling
from webhooks.language import Phrases, phrase

KINDS: Mapping[AnnouncementKind, str] = Phrases(
    {
        AnnouncementKind.TASK_OPENED: phrase("Tugas baru menunggu"),
        AnnouncementKind.TASK_CLAIMED: phrase("Tugas diambil atau diberikan"),
        AnnouncementKind.TASK_CHANGED: phrase("Prioritas atau tanggal tugas diubah"),
        AnnouncementKind.TASK_COMPLETED: phrase("Tugas diselesaikan"),
        AnnouncementKind.TASK_CANCELLED: phrase("Tugas dibatalkan"),
        AnnouncementKind.TASK_DUE_SOON: phrase("Tugas mendekati tenggat"),
        AnnouncementKind.TASK_OVERDUE: phrase("Tugas melewati tenggat"),
        AnnouncementKind.TASK_ESCALATED: phrase("Tugas terlambat diteruskan ke atasan"),
        AnnouncementKind.INSTANCE_STARTED: phrase("Proses dimulai"),
        AnnouncementKind.INSTANCE_COMPLETED: phrase("Proses selesai"),
        AnnouncementKind.INSTANCE_CANCELLED: phrase("Proses dibatalkan"),
        AnnouncementKind.INCIDENT_RAISED: phrase("Gangguan terjadi"),
        AnnouncementKind.INCIDENT_RESOLVED: phrase("Gangguan teratasi"),
        AnnouncementKind.PING: phrase("Uji coba"),
        AnnouncementKind.SUBSCRIPTION_DISABLED: phrase("Langganan dinonaktifkan"),
    }
)
STATES: Mapping[DeliveryState, str] = Phrases(
    {
        DeliveryState.PENDING: phrase("Dalam pengiriman"),
        DeliveryState.DELIVERED: phrase("Sampai"),
        DeliveryState.FAILED: phrase("Gagal"),
        DeliveryState.DROPPED: phrase("Tidak jadi dikirim"),
    }
)
FAILURES: Mapping[DeliveryFailure, str] = Phrases(
    {
        DeliveryFailure.STATUS: phrase("jawaban bukan 2xx"),
        DeliveryFailure.REDIRECT: phrase("dialihkan; pengalihan tidak diikuti"),
        DeliveryFailure.TIMEOUT: phrase("tidak dijawab pada waktunya"),
        DeliveryFailure.CONNECTION: phrase("tidak tersambung"),
        DeliveryFailure.TLS: phrase("sertifikat tidak dapat dipercaya"),
        DeliveryFailure.ADDRESS: phrase("alamat tidak diizinkan (ALUR_WEBHOOK_ALLOW)"),
        DeliveryFailure.SECRET: phrase("rahasia tidak dapat dibaca (ALUR_SECRET_KEY)"),
        DeliveryFailure.MAIL_REFUSED: phrase("ditolak server surel"),
        DeliveryFailure.NO_MAIL: phrase("server surel belum diatur"),
        DeliveryFailure.NO_GATEWAY: phrase("gerbang pesan belum diatur (ALUR_GATEWAY_URL)"),
        DeliveryFailure.INTERNAL: phrase("kesalahan di Alur; lihat log alur worker"),
    }
)
BECAUSE: Mapping[Disabling, str] = Phrases(
    {
        Disabling.SWITCHED_OFF: phrase("dimatikan oleh pengelola"),
        Disabling.GONE: phrase("penerimanya menjawab 410: ia tidak mau dikirimi lagi"),
        Disabling.FAILING: phrase("selama lima hari tidak ada kiriman yang sampai"),
    }
)
#: What a field takes, said whenever it was refused.
RULES: Mapping[str, str] = Phrases(
    {
        "name": phrase("Nama wajib diisi, paling banyak 255 karakter."),
        "url": phrase(
            "Alamat harus diawali https:// dan tidak menunjuk ke dalam kantor, kecuali alamat itu "
            "tercantum pada ALUR_WEBHOOK_ALLOW; tanpa nama pengguna, kata sandi, dan tanda #."
        ),
        "kinds": phrase("Pilih kejadian dari daftar."),
        "definition_keys": phrase("Pilih SOP dari daftar."),
        "lanes": phrase("Pilih lajur dari daftar."),
    }
)
FULL = phrase("Sudah ada 100 langganan; hapus yang tidak dipakai lagi.")
EMAIL_RULE = phrase("Harus berupa alamat surel, misalnya nama@dinas.go.id.")
HANDLE_RULE = phrase("Paling banyak 128 karakter, tanpa spasi.")
