"""The main pages, and who looks at them; a word stands for a page of the story (`served.py`)."""

from __future__ import annotations

#: (account, or None for a stranger; path or word of `Served.paths`)
PAGES: tuple[tuple[str | None, str], ...] = (
    (None, "/masuk"),
    (None, "tautan"),
    (None, "/modeler"),
    ("sekretaris", "/"),
    ("sekretaris", "/proses"),
    ("sekretaris", "mulai"),
    ("bidang", "/?lingkup=lajur"),
    ("bidang", "tugas"),
    ("perencana", "berkas"),
    ("perencana", "/saya"),
    ("perencana", "/saya/surel"),
    ("perencana", "/saya/kode"),
    ("perencana", "/saya/sandi"),
    ("admin", "/"),
    ("admin", "/berkas"),
    ("admin", "selesai"),
    ("admin", "gangguan"),
    ("admin", "sop"),
    ("admin", "/proses/unggah"),
    ("admin", "/pengaturan"),
    ("admin", "/kalender"),
    ("admin", "/kalender/kantor"),
    ("admin", "/akun"),
    ("admin", "/akun/sekretaris"),
    ("admin", "/akun/riwayat"),
    ("admin", "/langganan"),
    ("admin", "langganan"),
    ("admin", "/sumber-pesan"),
    ("admin", "/pesan"),
    ("auditor", "keutuhan"),
    ("auditor", "/tidak-ada"),
)
