"""What looks after the office rather than its tasks: one page, with what each role may open."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for

from engine.model import Actor, Role
from webhooks.language import phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.logins import current_actor, require_page_role, visitor

_READERS = (Role.ADMIN, Role.ANALYST, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the settings, and the roles that may open it. `name`, `about`: phrases."""

    endpoint: str
    name: str
    about: str
    roles: tuple[Role, ...]


PLACES = (
    Place(
        "pages.list_calendars",
        phrase("Kalender kerja"),
        phrase(
            "Hari libur, hari kerja pengganti, dan jam kerja; "
            "tenggat tugas dihitung menurut kalender."
        ),
        _READERS,
    ),
    Place(
        "pages.show_superiors",
        phrase("Urutan atasan"),
        phrase(
            "Lajur mana di atas lajur mana, dan berapa lama setelah tenggat lewat sebuah tugas "
            "diteruskan ke atasan."
        ),
        _READERS,
    ),
    Place(
        "pages.list_accounts",
        phrase("Akun"),
        phrase("Siapa yang dapat masuk, dengan peran dan lajur apa; kata sandi, sesi, dan token."),
        (Role.ADMIN,),
    ),
    Place(
        "pages.list_substitutions",
        phrase("Penggantian"),
        phrase(
            "Plt., Plh., a.n., dan u.b.: siapa menggantikan pejabat lajur mana, kapan, menurut "
            "surat mana."
        ),
        (Role.ADMIN, Role.AUDITOR),
    ),
    Place(
        "pages.list_deeds",
        phrase("Riwayat kerja"),
        phrase("Siapa melakukan apa pada semua berkas proses, menurut orang, perbuatan, dan SOP."),
        (Role.ADMIN, Role.AUDITOR),
    ),
    Place(
        "pages.show_account_log",
        phrase("Riwayat akun"),
        phrase("Masuk, gagal masuk, dan setiap perubahan akun, beserta uji keutuhannya."),
        (Role.ADMIN, Role.AUDITOR),
    ),
    Place(
        "pages.show_integrity",
        phrase("Uji Keutuhan semua berkas"),
        phrase("Riwayat mana yang bukan lagi apa yang tercatat; setiap berkas diuji ulang."),
        (Role.ADMIN, Role.AUDITOR),
    ),
    Place(
        "pages.list_checkpoints",
        phrase("Titik Periksa"),
        phrase(
            "Sampai mana setiap riwayat, ditandatangani di luar basis data; "
            "diunduh dan dibandingkan."
        ),
        (Role.ADMIN, Role.AUDITOR),
    ),
    Place(
        "pages.show_retention",
        phrase("Retensi arsip"),
        phrase("Berkas proses yang masa retensinya (JRA) telah lewat, sebagai daftar usul."),
        (Role.ADMIN, Role.AUDITOR),
    ),
    Place(
        "pages.list_persons",
        phrase("Data pribadi"),
        phrase(
            "Isian pribadi yang disimpan tersegel: milik siapa, dalam berkas mana, "
            "dan penghapusannya."
        ),
        (Role.ADMIN, Role.AUDITOR),
    ),
    Place(
        "pages.list_subscriptions",
        phrase("Langganan web hook"),
        phrase(
            "Sistem lain yang diberi tahu ketika sesuatu terjadi di Alur, dan catatan kirimannya."
        ),
        _READERS,
    ),
    Place(
        "pages.list_message_sources",
        phrase("Sumber pesan"),
        phrase(
            "Sistem lain yang boleh mengirim pesan bertanda tangan untuk memulai atau melanjutkan "
            "proses."
        ),
        _READERS,
    ),
    Place(
        "pages.list_kept_messages",
        phrase("Pesan yang belum cocok"),
        phrase(
            "Pesan masuk yang belum ditunggu berkas proses mana pun, atau ditunggu lebih dari satu."
        ),
        (Role.ADMIN, Role.AUDITOR),
    ),
    Place(
        "modeler.show_modeler",
        "Camunda Modeler",
        phrase("Cara menghubungkan aplikasi penggambar BPMN dengan Alur, dan templat elemennya."),
        (Role.ADMIN, Role.ANALYST),
    ),
)


@blueprint.get("/pengaturan")
def show_settings() -> str:
    """Every page of the settings that the visitor may open, with a sentence on each."""
    require_page_role("see the settings", *_READERS)
    return render_template("settings.html", places=places_of(current_actor()))


def places_of(actor: Actor) -> list[Place]:
    """What `actor` may open, in the order of the page."""
    return [each for each in PLACES if actor.has(*each.roles)]


@blueprint.app_context_processor
def _menu() -> dict[str, bool]:
    """Whether the menu leads to the settings, and whether this page is one of them."""
    login = visitor()
    return {
        "has_settings": login is not None and login.actor.has(*_READERS),
        "in_settings": any(_is_below(each) for each in (url_for("pages.show_settings"), *_own())),
    }


def _own() -> list[str]:
    """Addresses of the pages that only the settings lead to: the calendar is in the menu itself."""
    return [url_for(each.endpoint) for each in PLACES if each.endpoint != "pages.list_calendars"]


def _is_below(path: str) -> bool:
    return request.path == path or request.path.startswith(f"{path}/")
