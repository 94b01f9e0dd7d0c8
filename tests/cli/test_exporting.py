"""Documents written on the command line."""

from __future__ import annotations

import hashlib
import re
import zipfile

from pypdf import PdfReader

from tests.cli.conftest import Terminal


def test_an_instance_is_written_as_pdf_and_its_code_checked(alur: Terminal, started: str) -> None:
    out = alur.folder / "berkas.pdf"

    written = alur.ok("export", "pdf", started, str(out))
    text = PdfReader(out).pages[0].extract_text()
    [code] = set(re.findall(r"(?:[0-9A-Z]{5}-){4}[0-9A-Z]{5}", text))

    assert f"{out.stat().st_size} bytes written" in written.out
    assert started in text
    assert f"instance {started}: event" in alur.ok("verify", "--code", code).out
    assert alur.ok("verify", "--code", code, "--json").json["instance"] == started
    assert alur("verify", "--code", code[:-1]).code == 2
    assert alur("verify", "--code", code, started).code == 2
    assert alur("export", "pdf", started, str(alur.folder / "tidak" / "ada.pdf")).code == 2
    assert alur("export", "pdf", "tidak-ada", str(out)).code != 0


def test_a_package_of_evidence_is_written(alur: Terminal, started: str) -> None:
    out = alur.folder / "paket.zip"
    words = ("export", "akip", "--from", "2026-01-01", "--to", "2199-12-31")

    answer = alur.ok(*words, str(out))

    with zipfile.ZipFile(out) as package:
        assert started in package.read("tabel/berkas.csv").decode("utf-8-sig")
    assert "evidence of 1 instances written" in answer.out
    assert hashlib.sha256(out.read_bytes()).hexdigest() in answer.out
    assert alur(*words, str(out), "--as", "sekretaris").code != 0
    assert alur("export", "akip", "--from", "2026-02-30", "--to", "2026-03-01", str(out)).code == 2
    assert alur("export", "akip", "--from", "2026-03-02", "--to", "2026-03-01", str(out)).code == 2
