"""What the pages say of accounts, logins and their log."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext, ngettext

from engine import errors
from engine.model import AccountEventKind, LoginMethod, Role, Scope
from webhooks.language import Phrases, phrase
from webhooks.pages.devices import device_text
from webhooks.pages.explanations import Explanation
from webhooks.pages.messages import ROLES

SCOPES: Mapping[Scope, str] = Phrases(
    {
        Scope.READ: phrase("Membaca: daftar tugas, berkas, SOP, riwayat"),
        Scope.TASKS: phrase("Bekerja: memulai SOP, mengerjakan tugas, mengubah berkas"),
        Scope.DEPLOY: phrase("Memasang: memeriksa, menyimulasikan, dan memasang SOP"),
        Scope.WORKER: phrase(
            "Layanan: mengerjakan tugas program (external task) dan mengirim pesan"
        ),
    }
)

LOGIN_METHODS: Mapping[str, str] = Phrases(
    {
        "password for one request": phrase("kata sandi, untuk satu permintaan"),
        LoginMethod.PASSWORD: phrase("kata sandi"),
        LoginMethod.SINGLE_SIGN_ON: phrase("SSO"),
    }
)

ACCOUNT_EVENTS: Mapping[AccountEventKind, str] = Phrases(
    {
        AccountEventKind.ACCOUNT_ADDED: phrase("Akun ditambahkan"),
        AccountEventKind.ROLES_CHANGED: phrase("Peran atau lajur diubah"),
        AccountEventKind.PASSWORD_SET: phrase("Kata sandi diganti oleh administrator"),
        AccountEventKind.PASSWORD_CHANGED: phrase("Kata sandi diganti oleh pemiliknya"),
        AccountEventKind.DEACTIVATED: phrase("Akun dinonaktifkan"),
        AccountEventKind.ACTIVATED: phrase("Akun diaktifkan"),
        AccountEventKind.TOKEN_CREATED: phrase("Token akses dibuat"),
        AccountEventKind.TOKEN_REVOKED: phrase("Token akses dicabut"),
        AccountEventKind.LOGIN_SUCCEEDED: phrase("Masuk"),
        AccountEventKind.LOGIN_FAILED: phrase("Gagal masuk"),
        AccountEventKind.LOGIN_LOCKED: phrase("Percobaan masuk ditahan"),
        AccountEventKind.LOGIN_UNLOCKED: phrase("Penahanan dibuka"),
        AccountEventKind.LOGGED_OUT: phrase("Keluar"),
        AccountEventKind.SESSIONS_REVOKED: phrase("Sesi diakhiri"),
        AccountEventKind.IDENTITY_LINKED: phrase("Dihubungkan dengan SSO"),
        AccountEventKind.IDENTITY_UNLINKED: phrase("Diputus dari SSO"),
        AccountEventKind.SECOND_FACTOR_ENABLED: phrase("Kode sekali pakai diaktifkan"),
        AccountEventKind.SECOND_FACTOR_REMOVED: phrase("Kode sekali pakai dinonaktifkan"),
        AccountEventKind.RECOVERY_CODE_USED: phrase("Kode pemulihan dipakai"),
        AccountEventKind.HISTORY_READ: phrase("Riwayat dibaca"),
        AccountEventKind.DOCUMENT_READ: phrase("Dokumen dibaca"),
        AccountEventKind.HISTORY_EXPORTED: phrase("Riwayat diekspor"),
        AccountEventKind.EVIDENCE_MADE: phrase("Paket Bukti AKIP dibuat"),
        AccountEventKind.PERSONAL_DATA_READ: phrase("Daftar data pribadi dibaca"),
        AccountEventKind.PERSONAL_DATA_ERASED: phrase("Data pribadi dihapus"),
        AccountEventKind.SUBSTITUTION_BEGUN: phrase("Penggantian dicatat"),
        AccountEventKind.SUBSTITUTION_CHANGED: phrase("Penggantian diubah"),
        AccountEventKind.SUBSTITUTION_ENDED: phrase("Penggantian berakhir"),
    }
)

#: What the page of the log tells of an event's payload.
ACCOUNT_DETAILS: Mapping[str, str] = Phrases(
    {
        "displayName": phrase("nama %(value)s"),
        "method": phrase("dengan %(value)s"),
        "device": phrase("perangkat %(value)s"),
        "name": phrase("nama token %(value)s"),
        "scopes": phrase("cakupan %(value)s"),
        "minutes": phrase("selama %(value)s menit"),
        "failures": phrase("%(value)s percobaan gagal"),
        "sessions": phrase("%(value)s sesi berakhir"),
        "count": phrase("%(value)s sesi"),
        "isTemporary": phrase("hanya untuk masuk sekali"),
        "tasksHandedBack": phrase("%(value)s tugas kembali ke lajurnya"),
        "instance": phrase("berkas proses %(value)s"),
        "instances": phrase("berkas proses %(value)s"),
        "document": phrase("dokumen %(value)s"),
        "variable": phrase("isian %(value)s"),
        "task": phrase("tugas %(value)s"),
        "documents": phrase("beserta dokumennya"),
        "log": phrase("log kejadian %(value)s"),
        "definition": phrase("SOP %(value)s"),
        "office": phrase("satuan kerja %(value)s"),
        "startedAfter": phrase("dimulai sesudah %(value)s"),
        "startedBefore": phrase("dimulai sebelum %(value)s"),
        "capacity": phrase("sebagai %(value)s"),
        "lane": phrase("lajur %(value)s"),
        "replaces": phrase("menggantikan %(value)s"),
        "basis": phrase("dasar %(value)s"),
        "basisDate": phrase("tertanggal %(value)s"),
        "firstDay": phrase("mulai %(value)s"),
        "lastDay": phrase("sampai %(value)s"),
        "erasure": phrase("penghapusan %(value)s"),
        "values": phrase("%(value)s nilai"),
        "instanceCount": phrase("%(value)s berkas proses"),
        "byRetention": phrase("menurut jadwal retensi"),
        "issuer": phrase("SSO %(value)s"),
        "subject": phrase("sebagai %(value)s"),
        "reason": phrase("alasan: %(value)s"),
    }
)

#: What an account's field takes, said whenever it was refused.
ACCOUNT_RULES: Mapping[str, str] = Phrases(
    {
        "name": phrase(
            "Nama terdiri atas 2 sampai 64 karakter: huruf kecil, angka, titik, tanda hubung, dan "
            "garis bawah; diawali huruf atau angka."
        ),
        "display_name": phrase("Nama lengkap wajib diisi, paling banyak 255 karakter."),
        "password": phrase(
            "Kata sandi terdiri atas 8 sampai 128 karakter, tidak sama dengan nama pengguna, "
            "dan bukan kata sandi yang umum dipakai."
        ),
        "roles": phrase("Pilih peran dari daftar."),
        "lanes": phrase("Nama lajur paling banyak 255 karakter, satu per baris."),
    }
)

TOKEN_RULES: Mapping[str, str] = Phrases(
    {
        "name": phrase("Nama token wajib diisi, paling banyak 255 karakter."),
        "expires_at": phrase("Tanggal berakhir harus sesudah hari ini."),
        "scopes": phrase("Pilih paling sedikit satu cakupan."),
    }
)

_SIGN_ON: Mapping[str, str] = Phrases(
    {
        "stale": phrase(
            "Percobaan masuk ini sudah tidak berlaku, atau dimulai pada peramban lain. Mulailah "
            "sekali lagi."
        ),
        "unknown": phrase(
            "Akun SSO Anda belum mempunyai akun di Alur. Hubungi administrator Alur, atau masuk "
            "dengan kata sandi lalu hubungkan akun Anda pada halaman Akun saya."
        ),
        "name": phrase(
            "Nama pengguna Anda pada SSO tidak dapat dipakai di Alur. Hubungi administrator."
        ),
        "taken": phrase(
            "Nama pengguna Anda pada SSO sudah dipakai akun lain di Alur. Jika itu akun Anda, "
            "masuklah dengan kata sandi lalu hubungkan pada halaman Akun saya."
        ),
        "inactive": phrase("Akun Anda di Alur tidak aktif. Hubungi administrator."),
        "no group": phrase(
            "Tidak satu pun grup Anda pada SSO memberi peran atau lajur di Alur. Hubungi "
            "administrator."
        ),
        "linked": phrase("Akun SSO ini sudah terhubung dengan akun lain di Alur."),
    }
)

NO_PASSWORD = Explanation(
    phrase("Belum dapat diputus"),
    phrase("Akun ini belum mempunyai kata sandi; tanpa SSO Anda tidak dapat masuk lagi."),
    (phrase("Mintalah administrator membuatkan kata sandi lebih dahulu."),),
)

CODE_WRONG = phrase("Kode tidak cocok. Ketik kode yang ditampilkan aplikasi sekarang.")

PASSWORD_WRONG = phrase("Kata sandi yang sekarang tidak benar.")

PASSWORDS_DIFFER = phrase("Kedua kata sandi baru tidak sama.")

NOT_YOURSELF = phrase("Anda tidak dapat menonaktifkan akun Anda sendiri.")


def login_refusal(error: errors.NotAuthenticated) -> str:
    """Why the login form is shown again."""
    if isinstance(error, errors.TooManyLogins):
        return ngettext(
            "Terlalu banyak percobaan masuk yang gagal. Tunggu %(num)s menit, lalu coba lagi.",
            "Terlalu banyak percobaan masuk yang gagal. Tunggu %(num)s menit, lalu coba lagi.",
            error.wait_minutes,
        )
    if isinstance(error, errors.CodeMissing):
        return gettext(
            "Masukkan juga kode sekali pakai dari aplikasi Anda, lalu kata sandi sekali lagi."
        )
    return gettext("Nama pengguna, kata sandi, atau kode salah, atau akun ini tidak aktif.")


def sign_on_refusal(error: errors.SignOnRefused) -> Explanation:
    """Why a login at the single sign-on did not become one here."""
    text = _SIGN_ON.get(error.reason) or gettext(
        "SSO tidak membuktikan siapa Anda. Mulailah sekali lagi."
    )
    return Explanation(gettext("Tidak dapat masuk dengan SSO"), text)


def role_name(role: str) -> str:
    """What people call the role."""
    return ROLES[Role(role)]


#: Why a login failed, as the log says it in one word.
_REASONS: Mapping[str, str] = Phrases(
    {
        "code": phrase("kode sekali pakai salah"),
        "inactive": phrase("akun tidak aktif"),
        "no group": phrase("tidak ada grup yang memberi peran atau lajur"),
        "unknown": phrase("belum mempunyai akun"),
        "taken": phrase("nama sudah dipakai akun lain"),
        "name": phrase("nama tidak dapat dipakai"),
    }
)


def detail_text(key: str, value: object) -> str:
    """A value of an event's payload for people."""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if key == "device":
        return device_text(str(value))
    known = {"method": LOGIN_METHODS, "reason": _REASONS}.get(key, {})
    return known.get(str(value), str(value))
