"""An SOP in which a draft is initialled and signed, in a few words, for tests."""

from __future__ import annotations

from tests.diagrams import end, exclusive, flow, line, process, start

#: A decision that may send work back, with the note that this needs.
REVIEW = (
    '<camunda:formField id="{0}_keputusan" label="Keputusan" type="enum"><camunda:validation>'
    '<camunda:constraint name="required"/></camunda:validation>'
    '<camunda:value id="setujui" name="Setujui"/>'
    '<camunda:value id="kembalikan" name="Kembalikan untuk Perbaikan"/></camunda:formField>'
    '<camunda:formField id="{0}_catatan_perbaikan" label="Catatan Perbaikan" type="string">'
    '<camunda:properties><camunda:property id="wajib_jika" value="{0}_keputusan=kembalikan"/>'
    "</camunda:properties></camunda:formField>"
)
METHOD = (
    '<camunda:formField id="ttd_metode_tanda_tangan" label="Cara tanda tangan" type="enum">'
    '<camunda:value id="basah" name="Tanda tangan basah"/><camunda:value id="tte" name="TTE"/>'
    "</camunda:formField>"
    '<camunda:formField id="ttd_berkas" label="Berkas yang ditandatangani" type="file"/>'
)


def step(node: str, *fields: str, **sop: str) -> str:
    """A user task with form fields and `sop:` properties."""
    rows = "".join(f'<camunda:property name="sop:{n}" value="{v}"/>' for n, v in sop.items())
    return (
        f'<bpmn:userTask id="{node}" name="{node}"><bpmn:extensionElements>'
        f"<camunda:formData>{''.join(fields)}</camunda:formData>"
        f"<camunda:properties>{rows}</camunda:properties>"
        "</bpmn:extensionElements></bpmn:userTask>"
    )


def written(name: str, kind: str = "string") -> str:
    return f'<camunda:formField id="{name}" label="{name}" type="{kind}"/>'


def letter(*, kind: str = "string", paraf_from: str = "Perencana&#10;Sekretaris") -> str:
    """draf (Perencana) -> paraf1 (Perencana) -> paraf2 (Sekretaris) -> ttd (Kadis) -> end.

    Who refuses sends back to draf; ttd sends back to paraf2 when `ttd_kepada` says so.
    """
    reviews = {name: REVIEW.format(name) for name in ("paraf1", "paraf2", "ttd")}
    nodes = ("s", "draf", "paraf1", "x1", "paraf2", "x2", "ttd", "x3", "e")
    parts = [
        start(),
        step("draf", written("naskah", kind), tindakan="kerja"),
        step("paraf1", reviews["paraf1"], tindakan="paraf", dokumen="naskah"),
        step("paraf2", reviews["paraf2"], tindakan="paraf", dokumen="naskah"),
        step(
            "ttd",
            reviews["ttd"],
            METHOD,
            written("ttd_kepada"),
            tindakan="ttd",
            dokumen="naskah",
            parafDari=paraf_from,
        ),
        *map(exclusive, ("x1", "x2", "x3")),
        end(),
        line("s", "draf", "paraf1", "x1"),
        flow("x1", "paraf2", "${paraf1_keputusan == 'setujui'}"),
        flow("x1", "draf", "${paraf1_keputusan == 'kembalikan'}"),
        line("paraf2", "x2"),
        flow("x2", "ttd", "${paraf2_keputusan == 'setujui'}"),
        flow("x2", "draf", "${paraf2_keputusan == 'kembalikan'}"),
        line("ttd", "x3"),
        flow("x3", "e", "${ttd_keputusan == 'setujui'}"),
        flow("x3", "draf", "${ttd_keputusan == 'kembalikan' and ttd_kepada != 'paraf2'}"),
        flow("x3", "paraf2", "${ttd_keputusan == 'kembalikan' and ttd_kepada == 'paraf2'}"),
    ]
    lanes = {
        "Perencana": [n for n in nodes if n in {"s", "draf", "paraf1", "x1", "e"}],
        "Sekretaris": ["paraf2", "x2"],
        "Kadis": ["ttd", "x3"],
    }
    return process(*parts, key="surat", lanes=lanes)
