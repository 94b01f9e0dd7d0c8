"""The secret key: where it stands, what it seals, and what happens without it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import SecretKeyUnusable
from engine.process_engine import build_engine
from engine.secret_key import SecretKey, beside
from engine.settings import Settings
from engine.sources import ManualClock, RandomIds
from engine.store import Store
from tests.contract.builders import NOON
from tests.office import ADMIN

OLD, NEW = "lama-" * 10, "baru-" * 10


def a_key(*given: str, file: Path | None = None) -> SecretKey:
    return SecretKey(RandomIds(), given=given, file=file)


def test_what_is_sealed_is_hidden_and_comes_back() -> None:
    key = a_key(OLD)

    sealed = key.seal("webhook", "whsec_rahasia")

    assert "rahasia" not in sealed
    assert key.unseal("webhook", sealed) == "whsec_rahasia"


def test_one_purpose_cannot_open_what_is_of_another() -> None:
    key = a_key(OLD)

    with pytest.raises(SecretKeyUnusable, match="another key than ALUR_SECRET_KEY"):
        key.unseal("link", key.seal("webhook", "x"))

    assert key.signing_keys("link") != key.signing_keys("webhook")


def test_what_is_derived_for_a_purpose_is_derived_once() -> None:
    key = a_key(OLD)
    first = key.signing_keys("link")

    assert key.signing_keys("link") is first
    assert key.unseal("webhook", a_key(OLD).seal("webhook", "x")) == "x"
    assert a_key(NEW).signing_keys("link") != first


def test_a_new_key_in_front_opens_what_the_old_one_sealed() -> None:
    sealed = a_key(OLD).seal("webhook", "x")
    both = a_key(NEW, OLD)

    assert both.unseal("webhook", sealed) == "x"
    assert both.signing_keys("link")[1:] == a_key(OLD).signing_keys("link")
    with pytest.raises(SecretKeyUnusable):
        a_key(OLD).unseal("webhook", both.seal("webhook", "x"))


def test_the_file_is_made_when_it_is_first_needed_and_read_by_its_owner_only(
    tmp_path: Path,
) -> None:
    file = beside(tmp_path / "alur.db")
    key = a_key(file=file)
    assert not file.exists()

    sealed = key.seal("webhook", "x")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert a_key(file=file).unseal("webhook", sealed) == "x"
    assert [each.name for each in tmp_path.iterdir()] == ["alur.secret-key"]


def test_processes_that_make_the_file_at_once_have_one_key(tmp_path: Path) -> None:
    keys = [a_key(file=tmp_path / "alur.secret-key") for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda key: key.signing_keys("link"), keys))

    assert len(found) == 1


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "alur.secret-key"
    file.write_bytes(content)

    with pytest.raises(SecretKeyUnusable, match=r"alur\.secret-key: "):
        a_key(file=file).seal("webhook", "x")

    assert file.read_bytes() == content


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyUnusable, match="cannot be made"):
        a_key(file=tmp_path / "gone" / "alur.secret-key").seal("webhook", "x")


def test_without_a_file_and_a_setting_the_setting_is_asked_for() -> None:
    with pytest.raises(SecretKeyUnusable, match="set ALUR_SECRET_KEY"):
        a_key().seal("webhook", "x")


def test_engine_keeps_its_key_beside_its_database(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'kantor.db'}")
    store.migrate()
    engine = build_engine(store, ManualClock(NOON), RandomIds(), Settings())

    engine.secret_key.seal("webhook", "x")
    engine.close()

    assert (tmp_path / "kantor.secret-key").exists()


def test_engine_in_memory_has_a_key_of_its_own() -> None:
    store = Store.open("sqlite://")
    engine = build_engine(store, ManualClock(NOON), RandomIds(), Settings())

    key = engine.secret_key
    assert key.unseal("webhook", key.seal("webhook", "x")) == "x"
    engine.close()


def test_the_key_does_not_show_itself() -> None:
    assert OLD not in repr(a_key(OLD))


def test_a_lost_file_is_not_made_anew_while_something_is_sealed(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'alur.db'}")
    store.migrate()
    engine = build_engine(store, ManualClock(NOON), RandomIds(), Settings())
    engine.message_sources.add("gerbang", ["Surat"], actor=ADMIN)
    file = beside(tmp_path / "alur.db")
    kept = file.read_text("ascii")
    file.unlink()

    restarted = build_engine(store, ManualClock(NOON), RandomIds(), Settings())
    with pytest.raises(SecretKeyUnusable, match="1 secrets of the database are sealed: restore"):
        restarted.message_sources.add("lain", ["Surat"], actor=ADMIN)

    assert not file.exists()
    file.write_text(kept, "ascii")
    restarted.message_sources.add("lain", ["Surat"], actor=ADMIN)
    store.close()
