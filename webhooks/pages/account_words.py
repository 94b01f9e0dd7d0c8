"""What the pages say of accounts, logins and their log, in Indonesian."""

from __future__ import annotations

from collections.abc import Mapping

from engine import errors
from engine.model import AccountEventKind, LoginMethod, Role, Scope
from webhooks.pages.devices import device_text
from webhooks.pages.messages import ROLES, Explanation

SCOPES: Mapping[Scope, str] = {
    Scope.READ: "Membaca: daftar tugas, berkas, SOP, riwayat",
    Scope.TASKS: "Bekerja: memulai SOP, mengerjakan tugas, mengubah berkas",
    Scope.DEPLOY: "Memasang: memeriksa, menyimulasikan, dan memasang SOP",
    Scope.WORKER: "Layanan: mengerjakan tugas program (external task) dan mengirim pesan",
}

LOGIN_METHODS: Mapping[str, str] = {
    "password for one request": "kata sandi, untuk satu permintaan",
    LoginMethod.PASSWORD: "kata sandi",
    LoginMethod.SINGLE_SIGN_ON: "SSO",
}

ACCOUNT_EVENTS: Mapping[AccountEventKind, str] = {
    AccountEventKind.ACCOUNT_ADDED: "Akun ditambahkan",
    AccountEventKind.ROLES_CHANGED: "Peran atau lajur diubah",
    AccountEventKind.PASSWORD_SET: "Kata sandi diganti oleh administrator",
    AccountEventKind.PASSWORD_CHANGED: "Kata sandi diganti oleh pemiliknya",
    AccountEventKind.DEACTIVATED: "Akun dinonaktifkan",
    AccountEventKind.ACTIVATED: "Akun diaktifkan",
    AccountEventKind.TOKEN_CREATED: "Token akses dibuat",
    AccountEventKind.TOKEN_REVOKED: "Token akses dicabut",
    AccountEventKind.LOGIN_SUCCEEDED: "Masuk",
    AccountEventKind.LOGIN_FAILED: "Gagal masuk",
    AccountEventKind.LOGIN_LOCKED: "Percobaan masuk ditahan",
    AccountEventKind.LOGIN_UNLOCKED: "Penahanan dibuka",
    AccountEventKind.LOGGED_OUT: "Keluar",
    AccountEventKind.SESSIONS_REVOKED: "Sesi diakhiri",
    AccountEventKind.IDENTITY_LINKED: "Dihubungkan dengan SSO",
    AccountEventKind.IDENTITY_UNLINKED: "Diputus dari SSO",
    AccountEventKind.SECOND_FACTOR_ENABLED: "Kode sekali pakai diaktifkan",
    AccountEventKind.SECOND_FACTOR_REMOVED: "Kode sekali pakai dinonaktifkan",
    AccountEventKind.RECOVERY_CODE_USED: "Kode pemulihan dipakai",
    AccountEventKind.SUBSTITUTION_BEGUN: "Penggantian dicatat",
    AccountEventKind.SUBSTITUTION_CHANGED: "Penggantian diubah",
    AccountEventKind.SUBSTITUTION_ENDED: "Penggantian berakhir",
}

#: What the page of the log tells of an event's payload.
ACCOUNT_DETAILS: Mapping[str, str] = {
    "displayName": "nama {}",
    "method": "dengan {}",
    "device": "perangkat {}",
    "name": "nama token {}",
    "scopes": "cakupan {}",
    "minutes": "selama {} menit",
    "failures": "{} percobaan gagal",
    "sessions": "{} sesi berakhir",
    "count": "{} sesi",
    "isTemporary": "hanya untuk masuk sekali",
    "tasksHandedBack": "{} tugas kembali ke lajurnya",
    "capacity": "sebagai {}",
    "lane": "lajur {}",
    "replaces": "menggantikan {}",
    "basis": "dasar {}",
    "basisDate": "tertanggal {}",
    "firstDay": "mulai {}",
    "lastDay": "sampai {}",
    "issuer": "SSO {}",
    "subject": "sebagai {}",
    "reason": "alasan: {}",
}

#: What an account's field takes, said whenever it was refused.
ACCOUNT_RULES: Mapping[str, str] = {
    "name": "Nama terdiri atas 2 sampai 64 karakter: huruf kecil, angka, titik, tanda hubung, dan "
    "garis bawah; diawali huruf atau angka.",
    "display_name": "Nama lengkap wajib diisi, paling banyak 255 karakter.",
    "password": "Kata sandi terdiri atas 8 sampai 128 karakter, tidak sama dengan nama pengguna, "
    "dan bukan kata sandi yang umum dipakai.",
    "roles": "Pilih peran dari daftar.",
    "lanes": "Nama lajur paling banyak 255 karakter, satu per baris.",
}

TOKEN_RULES: Mapping[str, str] = {
    "name": "Nama token wajib diisi, paling banyak 255 karakter.",
    "expires_at": "Tanggal berakhir harus sesudah hari ini.",
    "scopes": "Pilih paling sedikit satu cakupan.",
}

_SIGN_ON: Mapping[str, str] = {
    "stale": "Percobaan masuk ini sudah tidak berlaku, atau dimulai pada peramban lain. Mulailah "
    "sekali lagi.",
    "unknown": "Akun SSO Anda belum mempunyai akun di Alur. Hubungi administrator Alur, atau masuk "
    "dengan kata sandi lalu hubungkan akun Anda pada halaman Akun saya.",
    "name": "Nama pengguna Anda pada SSO tidak dapat dipakai di Alur. Hubungi administrator.",
    "taken": "Nama pengguna Anda pada SSO sudah dipakai akun lain di Alur. Jika itu akun Anda, "
    "masuklah dengan kata sandi lalu hubungkan pada halaman Akun saya.",
    "inactive": "Akun Anda di Alur tidak aktif. Hubungi administrator.",
    "no group": "Tidak satu pun grup Anda pada SSO memberi peran atau lajur di Alur. Hubungi "
    "administrator.",
    "linked": "Akun SSO ini sudah terhubung dengan akun lain di Alur.",
}

NO_PASSWORD = Explanation(
    "Belum dapat diputus",
    "Akun ini belum mempunyai kata sandi; tanpa SSO Anda tidak dapat masuk lagi.",
    ("Mintalah administrator membuatkan kata sandi lebih dahulu.",),
)

CODE_WRONG = "Kode tidak cocok. Ketik kode yang ditampilkan aplikasi sekarang."

PASSWORD_WRONG = "Kata sandi yang sekarang tidak benar."  # noqa: S105 - a sentence

PASSWORDS_DIFFER = "Kedua kata sandi baru tidak sama."

NOT_YOURSELF = "Anda tidak dapat menonaktifkan akun Anda sendiri."


def login_refusal(error: errors.NotAuthenticated) -> str:
    """Why the login form is shown again."""
    if isinstance(error, errors.TooManyLogins):
        return (
            "Terlalu banyak percobaan masuk yang gagal. "
            f"Tunggu {error.wait_minutes} menit, lalu coba lagi."
        )
    if isinstance(error, errors.CodeMissing):
        return "Masukkan juga kode sekali pakai dari aplikasi Anda, lalu kata sandi sekali lagi."
    return "Nama pengguna, kata sandi, atau kode salah, atau akun ini tidak aktif."


def sign_on_refusal(error: errors.SignOnRefused) -> Explanation:
    """Why a login at the single sign-on did not become one here."""
    text = _SIGN_ON.get(error.reason, "SSO tidak membuktikan siapa Anda. Mulailah sekali lagi.")
    return Explanation("Tidak dapat masuk dengan SSO", text)


def role_name(role: str) -> str:
    """What people call the role."""
    return ROLES[Role(role)]


#: Why a login failed, as the log says it in one word.
_REASONS: Mapping[str, str] = {
    "code": "kode sekali pakai salah",
    "inactive": "akun tidak aktif",
    "no group": "tidak ada grup yang memberi peran atau lajur",
    "unknown": "belum mempunyai akun",
    "taken": "nama sudah dipakai akun lain",
    "name": "nama tidak dapat dipakai",
}


def detail_text(key: str, value: object) -> str:
    """A value of an event's payload for people."""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if key == "device":
        return device_text(str(value))
    known = {"method": LOGIN_METHODS, "reason": _REASONS}.get(key, {})
    return known.get(str(value), str(value))
