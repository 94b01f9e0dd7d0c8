"""A letter, and a diagram whose form asks for it."""

from __future__ import annotations

import hashlib

from sqlalchemy import text

from engine.model import Fault, Upload
from engine.store import Store
from tests.diagrams import end, form, line, process, start, user
from tests.office import AUDITOR, Office, staff

LETTER = Upload("surat.pdf", b"%PDF isi surat", "application/pdf")
DIGEST = hashlib.sha256(LETTER.content).hexdigest()


def file_field(name: str, *, required: bool = False, several: bool = False, readonly: bool = False):
    rules = '<camunda:constraint name="required"/>' if required else ""
    rules += '<camunda:constraint name="readonly"/>' if readonly else ""
    inner = f"<camunda:validation>{rules}</camunda:validation>" if rules else ""
    if several:
        inner += (
            '<camunda:properties><camunda:property id="daftar" value="true"/></camunda:properties>'
        )
    return f'<camunda:formField id="{name}" label="{name}" type="file">{inner}</camunda:formField>'


DIAGRAM = process(
    start("s", form(file_field("dasar"))),
    user("a", form(file_field("surat", required=True), file_field("lampiran", several=True))),
    user("b", form(file_field("surat", readonly=True))),
    end(),
    line("s", "a", "b", "e"),
    lanes={"Kadis": ["s", "a", "b", "e"]},
)


KADIS = staff("Kadis")


def a_case(office: Office) -> str:
    return office.start(office.deploy(DIAGRAM), KADIS, dasar=Upload("sk.txt", b"SK nomor 1"))


def faults(office: Office, instance: str) -> tuple[Fault, ...]:
    return office.engine.history.verify(instance, actor=AUDITOR).faults


def kept_contents(store: Store) -> int:
    with store._engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM document_content")).scalar_one()
