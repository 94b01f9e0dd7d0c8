"""What is read of a BPMN file, and which bytes are refused before anything is read."""

import hashlib

import pytest

from engine.bpmn.diagram import read_diagram
from engine.errors import DeploymentRejected
from engine.model import FieldType, FormField

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
B = f"{{{MODEL}}}"


def a_file(body, attributes='id="p" name="Proses" isExecutable="true"', outside=""):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{MODEL}" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:tns="http://example.org" targetNamespace="http://example.org">
{outside}<bpmn:process {attributes}>
{body}
</bpmn:process></bpmn:definitions>""".encode()


def process_of(body, **kwargs):
    return read_diagram("p.bpmn", a_file(body, **kwargs)).processes[0]


# ------------------------------------------------------------- hostile bytes


def refusal_of(content):
    with pytest.raises(DeploymentRejected) as refusal:
        read_diagram("buruk.bpmn", content)
    (finding,) = refusal.value.findings
    assert finding.file_name == "buruk.bpmn"
    assert finding.message_id
    return finding


def many_attributes(count):
    return " ".join(f"a{i}=''" for i in range(count))


DEFINITIONS = f'<definitions xmlns="{MODEL}">'


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "xml"),
        (b"not xml", "xml"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x "y">]>\n<a>&x;</a>', "xml"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xml"),
        (f'<!DOCTYPE definitions>{DEFINITIONS}</definitions>'.encode(), "xml"),
        (f"{DEFINITIONS}<a>&x;</a></definitions>".encode(), "xml"),
        (f"{DEFINITIONS}<a></definitions>".encode(), "xml"),
        (f'<?xml version="1.0" encoding="UTF-7"?>{DEFINITIONS}</definitions>'.encode(), "xml"),
        (f'<?xml version="1.0" encoding="ISO-8859-1"?>{DEFINITIONS}</definitions>'.encode(), "xml"),
        (f"{DEFINITIONS}</definitions>".encode("utf-32"), "xml"),
        (f"{DEFINITIONS}<a>é</a></definitions>".encode("latin-1"), "xml"),
        (b" " * (5 * 1024 * 1024 + 1), "xml-limits"),
        (f"{DEFINITIONS}{'<a>' * 100}{'</a>' * 100}</definitions>".encode(), "xml-limits"),
        (f"{DEFINITIONS}{'<a/>' * 50_000}</definitions>".encode(), "xml-limits"),
        (f"{DEFINITIONS}<a {many_attributes(101)}/></definitions>".encode(),
         "xml-limits"),
        (b"<html/>", "not-bpmn"),
        (b"<definitions/>", "not-bpmn"),
        (b'<definitions xmlns="http://www.omg.org/spec/DMN/20191111/MODEL/"/>', "not-bpmn"),
        (f'<process xmlns="{MODEL}"/>'.encode(), "not-bpmn"),
    ],
)  # fmt: skip
def test_hostile_or_foreign_bytes_are_refused(content, rule):
    assert refusal_of(content).rule == rule


def test_a_refusal_names_the_line():
    assert refusal_of(f"{DEFINITIONS}\n\n<a>\n</definitions>".encode()).line == 4
    assert refusal_of(b'<?xml version="1.0"?>\n<!DOCTYPE a>\n<a/>').line in {2, 3}
    assert refusal_of(f"{DEFINITIONS}\n\n{'<a>' * 100}".encode()).line == 3
    assert refusal_of(b"\n\n<html/>").line == 3


def test_the_limits_themselves_are_accepted():
    inner = "<x/>" * 40_000 + "<y>" * 99 + "</y>" * 99

    read_diagram(
        "a.bpmn", f"{DEFINITIONS}{inner}<a {many_attributes(100)}/></definitions>".encode()
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_of_modelers_are_read(encoding):
    declared = "UTF-16" if encoding == "utf-16" else "UTF-8"
    text = a_file('<bpmn:task id="t" name="Menelaah – ± é"/>').decode().replace("UTF-8", declared)

    diagram = read_diagram("p.bpmn", text.encode(encoding))

    assert diagram.processes[0].nodes["t"].name == "Menelaah – ± é"


def test_the_prefix_of_the_namespace_does_not_matter():
    content = f'<s:definitions xmlns:s="{MODEL}"><s:process id="p"/></s:definitions>'

    assert read_diagram("p.bpmn", content.encode()).processes[0].id == "p"


def test_instructions_and_comments_do_not_hide_text():
    flow = (
        '<bpmn:sequenceFlow id="f" sourceRef="a" targetRef="b"><bpmn:conditionExpression>'
        "a <!-- b --> == <?php x ?> 1</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )

    assert process_of(flow).flows["f"].condition == "a  ==  1"


# ----------------------------------------------------------------- processes


def test_content_and_digest_are_those_of_the_upload():
    content = a_file("")

    diagram = read_diagram("p.bpmn", content)

    assert diagram.content == content
    assert diagram.digest == hashlib.sha256(content).hexdigest()
    assert diagram.file_name == "p.bpmn"


@pytest.mark.parametrize(
    ("attributes", "is_executable"),
    [('id="p"', False), ('id="p" isExecutable="true"', True), ('id="p" isExecutable="1"', True),
     ('id="p" isExecutable="false"', False), ('id="p" isExecutable="0"', False)],
)  # fmt: skip
def test_only_a_process_that_says_so_is_executable(attributes, is_executable):
    diagram = read_diagram("p.bpmn", a_file("", attributes=attributes))

    assert diagram.processes[0].is_executable is is_executable
    assert len(diagram.executable) == int(is_executable)
    written = diagram.root.find(f"{B}process").get("isExecutable")
    assert written == ("true" if is_executable else "false")


@pytest.mark.parametrize(
    ("text", "days"), [("180", 180), ("P180D", 180), ("", None), ("P1Y", None)]
)
def test_history_time_to_live_is_in_days(text, days):
    attributes = f'id="p" camunda:historyTimeToLive="{text}"'

    assert process_of("", attributes=attributes).history_time_to_live == days


def test_the_process_knows_its_attributes():
    attributes = (
        'id="p" camunda:versionTag="1.2" camunda:candidateStarterGroups="Kadis, Sekretaris"'
        ' camunda:candidateStarterUsers="ani"'
    )
    body = (
        "<bpmn:documentation> Satu. </bpmn:documentation><bpmn:extensionElements>"
        '<camunda:properties><camunda:property name="sop:nomor" value="12"/></camunda:properties>'
        "</bpmn:extensionElements>"
    )

    process = process_of(body, attributes=attributes)

    assert (process.id, process.name) == ("p", "p")
    assert process.version_tag == "1.2"
    assert process.starter_groups == ("Kadis", "Sekretaris")
    assert process.starter_users == ("ani",)
    assert process.properties == {"sop:nomor": "12"}
    assert process.documentation == "Satu."


# --------------------------------------------------------------------- nodes


def test_a_user_task_knows_its_people_form_and_place():
    body = """<bpmn:userTask id="t" name="Telaah" camunda:assignee="ani" camunda:formKey="surat"
      camunda:candidateUsers="a,b" camunda:candidateGroups="x , y"/>"""

    task = process_of(body).nodes["t"]

    assert (task.type, task.name, task.scope, task.line) == ("userTask", "Telaah", "p", 6)
    assert (task.assignee, task.form_key, task.form) == ("ani", "surat", None)
    assert task.candidate_users == ("a", "b")
    assert task.candidate_groups == ("x", "y")


def test_a_form_is_read_with_all_its_fields():
    body = """<bpmn:userTask id="t"><bpmn:extensionElements><camunda:formData>
      <camunda:formField id="hasil" label="Hasil" type="enum" defaultValue="ya">
        <camunda:value id="ya" name="Ya"/><camunda:value id="tidak"/></camunda:formField>
      <camunda:formField id="catatan" label="Catatan" type="string">
        <camunda:properties><camunda:property id="wajib_jika" value="hasil=tidak"/>
          <camunda:property id="kelompok" value="Telaah"/><camunda:property id="baris" value="4"/>
        </camunda:properties>
        <camunda:validation><camunda:constraint name="minlength" config="2"/>
          <camunda:constraint name="maxlength" config="9"/>
          <camunda:constraint name="pattern" config="[a-z]+"/></camunda:validation>
        </camunda:formField>
      <camunda:formField id="jumlah" type="long" defaultValue="3"><camunda:validation>
        <camunda:constraint name="required"/><camunda:constraint name="readonly" config="false"/>
        <camunda:constraint name="min" config="1"/><camunda:constraint name="max" config="2.5"/>
        </camunda:validation></camunda:formField>
      <camunda:formField id="daftar" type="string" defaultValue="a&#10; b"><camunda:properties>
        <camunda:property id="daftar" value="true"/></camunda:properties></camunda:formField>
      <camunda:formField id="benar" type="boolean" defaultValue="false"><camunda:validation>
        <camunda:constraint name="readonly"/></camunda:validation></camunda:formField>
      </camunda:formData></bpmn:extensionElements></bpmn:userTask>"""

    form = process_of(body).nodes["t"].form

    assert form == (
        FormField(
            "hasil", "Hasil", FieldType.ENUM, "ya", options=(("ya", "Ya"), ("tidak", "tidak"))
        ),
        FormField(
            "catatan",
            "Catatan",
            required_if=("hasil", "tidak"),
            group="Telaah",
            rows=4,
            min_length=2,
            max_length=9,
            pattern="[a-z]+",
        ),
        FormField("jumlah", "jumlah", FieldType.LONG, 3, is_required=True, minimum=1, maximum=2.5),
        FormField("daftar", "daftar", default=["a", "b"], is_list=True),
        FormField("benar", "benar", FieldType.BOOLEAN, default=False, is_readonly=True),
    )


def test_a_form_without_fields_is_not_the_same_as_no_form():
    body = (
        '<bpmn:userTask id="a"><bpmn:extensionElements><camunda:formData/></bpmn:extensionElements>'
        '</bpmn:userTask><bpmn:userTask id="b"/>'
    )

    nodes = process_of(body).nodes

    assert nodes["a"].form == ()
    assert nodes["b"].form is None


def test_a_multi_instance_activity_knows_its_expressions():
    body = """<bpmn:userTask id="t"><bpmn:extensionElements><camunda:properties>
      <camunda:property name="sop:kumpulkan" value="kiriman"/></camunda:properties>
      </bpmn:extensionElements><bpmn:multiInstanceLoopCharacteristics isSequential="1"
      camunda:collection="${daftar}" camunda:elementVariable="bidang"><bpmn:completionCondition>
      ${cukup}</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>"""

    loop = process_of(body).nodes["t"].multi_instance

    assert loop.is_sequential
    assert (loop.collection, loop.element_variable) == ("${daftar}", "bidang")
    assert (loop.cardinality, loop.completion_condition) == (None, "${cukup}")
    assert loop.collect_into == "kiriman"


def test_events_scripts_and_sub_processes_are_read_in_document_order():
    body = """<bpmn:startEvent id="s"><bpmn:messageEventDefinition/></bpmn:startEvent>
      <bpmn:subProcess id="bagian"><bpmn:scriptTask id="hitung" scriptFormat="python">
      <bpmn:script> x = 1 </bpmn:script></bpmn:scriptTask></bpmn:subProcess>
      <bpmn:boundaryEvent id="lewat" attachedToRef="bagian"><bpmn:timerEventDefinition/>
      </bpmn:boundaryEvent><bpmn:textAnnotation id="bukan"/>"""

    nodes = process_of(body).nodes

    assert list(nodes) == ["s", "bagian", "hitung", "lewat"]
    assert nodes["s"].event_definitions == ("messageEventDefinition",)
    assert nodes["hitung"].scope == "bagian"
    assert nodes["hitung"].script == "x = 1"
    assert nodes["lewat"].attached_to == "bagian"


# --------------------------------------------------------------------- lanes


LANES = """<bpmn:laneSet><bpmn:lane id="l1" name="Sekretaris">
  <bpmn:flowNodeRef> a </bpmn:flowNodeRef><bpmn:flowNodeRef>b</bpmn:flowNodeRef>
  <bpmn:childLaneSet><bpmn:lane id="l2" name="Subbag">
  <bpmn:flowNodeRef>
    b
  </bpmn:flowNodeRef><bpmn:childLaneSet><bpmn:lane id="l4" name="Staf">
  <bpmn:flowNodeRef>sub</bpmn:flowNodeRef>
  </bpmn:lane></bpmn:childLaneSet></bpmn:lane></bpmn:childLaneSet></bpmn:lane>
  <bpmn:lane id="l3" name="Kadis"><bpmn:flowNodeRef>inside</bpmn:flowNodeRef></bpmn:lane>
  </bpmn:laneSet>
  <bpmn:userTask id="a"/><bpmn:userTask id="b"/><bpmn:userTask id="c"/><bpmn:subProcess id="sub">
  <bpmn:userTask id="d"/><bpmn:subProcess id="deeper"><bpmn:userTask id="e"/></bpmn:subProcess>
  <bpmn:userTask id="inside"/></bpmn:subProcess>"""


@pytest.mark.parametrize(
    ("node_id", "path"),
    [
        ("a", ("Sekretaris",)),
        ("b", ("Sekretaris", "Subbag")),
        ("c", ()),
        ("d", ("Sekretaris", "Subbag", "Staf")),
        ("e", ("Sekretaris", "Subbag", "Staf")),
        ("inside", ("Kadis",)),
    ],
)
def test_the_innermost_lane_wins_and_sub_processes_pass_theirs_on(node_id, path):
    node = process_of(LANES).nodes[node_id]

    assert node.lane_path == path
    assert node.lane == (path[0] if path else None)


def test_a_child_lane_wins_even_when_its_parent_comes_later():
    body = """<bpmn:laneSet><bpmn:lane id="l1" name="Induk"><bpmn:childLaneSet><bpmn:lane id="l2"
      name="Anak"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet>
      <bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet><bpmn:userTask id="a"/>"""

    assert process_of(body).nodes["a"].lane_path == ("Induk", "Anak")


def test_lanes_are_listed_parents_first():
    process = process_of(LANES)

    assert [lane.id for lane in process.lanes] == ["l1", "l2", "l4", "l3"]
    assert process.top_lanes == ("Sekretaris", "Kadis")


# ------------------------------------------------------------- normalisation


def test_every_flow_has_an_id_and_the_same_one_at_each_reading():
    body = (
        '<bpmn:startEvent id="alur_sequenceFlow_2"/><bpmn:endEvent/>'
        '<bpmn:sequenceFlow sourceRef="alur_sequenceFlow_2" targetRef="alur_endEvent_1"/>'
        '<bpmn:sequenceFlow sourceRef=" a " targetRef="b"/>'
    )

    first, second = process_of(body), process_of(body)

    assert list(first.flows) == ["alur_sequenceFlow_1", "alur_sequenceFlow_2_"]
    assert list(first.nodes) == ["alur_sequenceFlow_2", "alur_endEvent_1"]
    assert first == second
    assert first.flows["alur_sequenceFlow_2_"].source == "a"


def test_a_prefixed_reference_finds_its_element():
    diagram = read_diagram(
        "p.bpmn",
        a_file(
            '<bpmn:startEvent id="s"><bpmn:messageEventDefinition messageRef="tns:m"/>'
            "</bpmn:startEvent>",
            outside='<bpmn:message id="m" name="surat"/>',
        ),
    )

    assert diagram.root.find(f".//{B}messageEventDefinition").get("messageRef") == "m"


@pytest.mark.parametrize(
    ("tag", "written", "normalised"),
    [
        ("conditionExpression", "${a == true &amp;&amp; b.c}", "a == True and b['c']"),
        ("conditionExpression", "= a = 1", "a == 1"),
        ("completionCondition", "${cukup}", "cukup"),
        ("loopCardinality", "${3}", "3"),
        ("timeDuration", "PT1H", "'PT1H'"),
        ("timeDuration", "'PT1H'", "'PT1H'"),
        ("timeDate", "2026-01-31T08:00:00Z", "'2026-01-31T08:00:00+00:00'"),
        ("conditionExpression", "${bean.call()}", "${bean.call()}"),
        ("timeDuration", "besok", "besok"),
        ("flowNodeRef", " a\n", "a"),
    ],
)
def test_the_library_gets_python_and_the_source_stays_as_written(tag, written, normalised):
    diagram = read_diagram("p.bpmn", a_file(f"<bpmn:{tag}>{written}</bpmn:{tag}>"))

    assert diagram.root.find(f".//{B}{tag}").text == normalised
    assert diagram.source.find(f".//{B}{tag}").text == written.replace("&amp;", "&")


def test_the_library_never_sees_ids_of_form_fields():
    body = """<bpmn:userTask id="t"><bpmn:extensionElements><camunda:formData>
      <camunda:formField id="t" type="string"/></camunda:formData></bpmn:extensionElements>
      </bpmn:userTask>"""

    diagram = read_diagram("p.bpmn", a_file(body))

    assert [e.tag for e in diagram.root.iter() if e.get("id") == "t"] == [f"{B}userTask"]
    assert diagram.processes[0].nodes["t"].form[0].id == "t"


def test_the_library_takes_flows_in_the_order_of_the_file_whatever_the_drawing():
    drawing = '<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI"/>'
    content = a_file("").replace(b"</bpmn:definitions>", f"{drawing}</bpmn:definitions>".encode())

    diagram = read_diagram("p.bpmn", content)

    assert len(diagram.source) == 2
    assert len(diagram.root) == 1


def test_a_blank_condition_is_none():
    flow = (
        '<bpmn:sequenceFlow id="f" sourceRef="a" targetRef="b"><bpmn:conditionExpression> '
        "</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )

    diagram = read_diagram("p.bpmn", a_file(flow))

    assert diagram.processes[0].flows["f"].condition is None
    assert diagram.root.find(f".//{B}conditionExpression") is None


def test_booleans_are_written_as_the_library_compares_them():
    body = (
        '<bpmn:boundaryEvent id="b" cancelActivity="0"/>'
        '<bpmn:subProcess id="s" triggeredByEvent="false"/>'
    )

    root = read_diagram("p.bpmn", a_file(body)).root

    assert root.find(f".//{B}boundaryEvent").get("cancelActivity") == "false"
    assert "triggeredByEvent" not in root.find(f".//{B}subProcess").attrib


def test_lines_survive_normalisation():
    diagram = read_diagram("p.bpmn", a_file('\n\n<bpmn:task id="t"/>'))

    assert diagram.root.find(f".//{B}task").sourceline == diagram.processes[0].nodes["t"].line == 7
