"""What the pages of web hooks say in Indonesian."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import AnnouncementKind, DeliveryFailure, DeliveryState, Disabling

KINDS: Mapping[AnnouncementKind, str] = {
    AnnouncementKind.TASK_OPENED: "Tugas baru menunggu",
    AnnouncementKind.TASK_CLAIMED: "Tugas diambil atau diberikan",
    AnnouncementKind.TASK_CHANGED: "Prioritas atau tanggal tugas diubah",
    AnnouncementKind.TASK_COMPLETED: "Tugas diselesaikan",
    AnnouncementKind.TASK_CANCELLED: "Tugas dibatalkan",
    AnnouncementKind.TASK_DUE_SOON: "Tugas mendekati tenggat",
    AnnouncementKind.TASK_OVERDUE: "Tugas melewati tenggat",
    AnnouncementKind.INSTANCE_STARTED: "Proses dimulai",
    AnnouncementKind.INSTANCE_COMPLETED: "Proses selesai",
    AnnouncementKind.INSTANCE_CANCELLED: "Proses dibatalkan",
    AnnouncementKind.INCIDENT_RAISED: "Gangguan terjadi",
    AnnouncementKind.INCIDENT_RESOLVED: "Gangguan teratasi",
    AnnouncementKind.PING: "Uji coba",
    AnnouncementKind.SUBSCRIPTION_DISABLED: "Langganan dinonaktifkan",
}
STATES: Mapping[DeliveryState, str] = {
    DeliveryState.PENDING: "Dalam pengiriman",
    DeliveryState.DELIVERED: "Sampai",
    DeliveryState.FAILED: "Gagal",
    DeliveryState.DROPPED: "Tidak jadi dikirim",
}
FAILURES: Mapping[DeliveryFailure, str] = {
    DeliveryFailure.STATUS: "jawaban bukan 2xx",
    DeliveryFailure.REDIRECT: "dialihkan; pengalihan tidak diikuti",
    DeliveryFailure.TIMEOUT: "tidak dijawab pada waktunya",
    DeliveryFailure.CONNECTION: "tidak tersambung",
    DeliveryFailure.TLS: "sertifikat tidak dapat dipercaya",
    DeliveryFailure.ADDRESS: "alamat tidak diizinkan (ALUR_WEBHOOK_ALLOW)",
    DeliveryFailure.SECRET: "rahasia tidak dapat dibaca (ALUR_SECRET_KEY)",
    DeliveryFailure.MAIL_REFUSED: "ditolak server surel",
    DeliveryFailure.NO_MAIL: "server surel belum diatur",
    DeliveryFailure.NO_GATEWAY: "gerbang pesan belum diatur (ALUR_GATEWAY_URL)",
}
BECAUSE: Mapping[Disabling, str] = {
    Disabling.SWITCHED_OFF: "dimatikan oleh pengelola",
    Disabling.GONE: "penerimanya menjawab 410: ia tidak mau dikirimi lagi",
    Disabling.FAILING: "selama lima hari tidak ada kiriman yang sampai",
}
#: What a field takes, said whenever it was refused.
RULES: Mapping[str, str] = {
    "name": "Nama wajib diisi, paling banyak 255 karakter.",
    "url": "Alamat harus diawali https:// dan tidak menunjuk ke dalam kantor, kecuali alamat itu "
    "tercantum pada ALUR_WEBHOOK_ALLOW; tanpa nama pengguna, kata sandi, dan tanda #.",
    "kinds": "Pilih kejadian dari daftar.",
    "definition_keys": "Pilih SOP dari daftar.",
    "lanes": "Pilih lajur dari daftar.",
}
FULL = "Sudah ada 100 langganan; hapus yang tidak dipakai lagi."
EMAIL_RULE = "Harus berupa alamat surel, misalnya nama@dinas.go.id."
HANDLE_RULE = "Paling banyak 128 karakter, tanpa spasi."
