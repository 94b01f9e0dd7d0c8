"""The process of the soak beside the four SOPs: timers, a program, a message, repeated steps."""

from __future__ import annotations

from tests.diagrams import (
    boundary,
    catch,
    each,
    end,
    exclusive,
    field,
    flow,
    form,
    line,
    named,
    process,
    receive,
    start,
    timer,
    user,
)

KEY = "rendam"
TOPIC = "surel"
MESSAGE = "SURAT"

_CHOICE = (
    '<camunda:formField id="putusan" label="putusan" type="enum">'
    '<camunda:value id="setujui" name="Setujui"/><camunda:value id="kembalikan" name="Kembalikan"/>'
    '<camunda:validation><camunda:constraint name="required"/></camunda:validation>'
    "</camunda:formField>"
)
_PERSONAL = (
    '<camunda:formField id="alamat" label="alamat" type="string"><camunda:properties>'
    '<camunda:property id="pribadi" value="true"/></camunda:properties></camunda:formField>'
)
#: Every minute, three times: the jumps of the clock pass over some of them.
_THRICE = (
    '<bpmn:timerEventDefinition><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R3/PT1M'
    "</bpmn:timeCycle></bpmn:timerEventDefinition>"
)


def work(version: str) -> bytes:
    """One file; another `version` is another version of the process, with the same places."""
    return process(
        start("mulai"),
        user("isi", form(field("catatan"), _PERSONAL, _CHOICE), name="Isi formulir"),
        boundary("ingat", "isi", _THRICE, interrupts=False),
        end("diingatkan"),
        exclusive("baik"),
        catch("sebentar", timer("PT3S")),
        '<bpmn:serviceTask id="kirim" name="Kirim" camunda:type="external" '
        f'camunda:topic="{TOPIC}"/>',
        receive("tunggu", "surat"),
        user("bagian", form(field("isi_bagian")) + each(cardinality="2"), name="Isi bagian"),
        user("arsip", form(field("catatan_arsip")), name=f"Arsipkan {version}"),
        end("selesai"),
        line("mulai", "isi", "baik"),
        line("ingat", "diingatkan"),
        flow("baik", "isi", "putusan == 'kembalikan'"),
        flow("baik", "sebentar", "putusan == 'setujui'"),
        line("sebentar", "kirim", "tunggu", "bagian", "arsip", "selesai"),
        key=KEY,
        before=named("message", surat=MESSAGE),
        lanes={
            "Perencana": ["mulai", "isi", "baik", "ingat", "diingatkan", "sebentar", "kirim"],
            "Bidang": ["tunggu", "bagian"],
            "Sekretaris": ["arsip", "selesai"],
        },
    ).encode()
