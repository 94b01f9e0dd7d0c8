"""Each diagram is valid, complete and executable in the way that processes/README.md promises."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import etree

from tests.processes.diagrams import (
    KEYS,
    NAMES,
    NS,
    PROCESSES,
    camunda,
    children_of,
    condition_of,
    documentation_of,
    fields_of,
    flows_from,
    flows_of,
    innermost_lanes,
    lane_path,
    lanes_of,
    load,
    local,
    members_of,
    nodes_like,
    nodes_of,
    path_of,
    process_of,
    shared,
)
from tests.processes.diagrams import sop_of as sop
from tests.processes.sheets import SOURCES, expected_flows, node_id, sheet_of

FIELD_TYPES = {"string", "long", "double", "boolean", "date", "enum"}
ACTIONS = {"disposisi", "kerja", "paraf", "ttd", "keputusan", "distribusi", "arsip"}
FIRMNESS = {"E", "T+", "T", "T-"}
PERIODS = ("TW1", "TW2", "TW3", "TW4", "S1", "S2", "TAHUNAN")
BRANCHES = ({"Ya", "Tidak"}, {"Setujui", "Kembalikan untuk Perbaikan"})
LETTER = ("nomor_surat", "nomor_agenda", "pengirim", "tanggal_surat", "perihal")
PERSONAL = {
    "a staff number (NIP)": r"\b(19|20)\d{6}[ .]?(19|20)\d{4}[ .]?[12][ .]?\d{3}\b|\bNIP[ .:]*\d",
    "a title before a name": r"\b(Drs|Dra|Ir|Hj?|dr|Prof)\. ?[A-Z][a-z]",
    "a degree after a name": r"[a-z], ?(S|M|A|Ph)\. ?(Pd|Sos|E|H|Kom|STP|IP|AP|Si|M|T|D|Md)\b",
    "a rank": r"\b(Pembina|Penata|Pengatur) (Utama|Tingkat|Tk|Muda)\b",
}


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def root(name):
    return shared(name)


@pytest.fixture(scope="session")
def schema():
    package = Path(find_spec("SpiffWorkflow").origin).parent
    return etree.XMLSchema(etree.parse(package / "bpmn/parser/schema/BPMN20.xsd"))


def test_file_is_valid_bpmn(name, schema):
    assert schema.validate(load(name).getroottree()), schema.error_log


def test_schema_refuses_a_misplaced_element(schema):
    root = load("balangan")
    task = nodes_like(root, "userTask")[0]
    task.insert(0, task[-1])

    assert not schema.validate(root.getroottree())


def test_folder_holds_the_four_processes_and_their_story():
    expected = {path_of(name).name for name in NAMES} | {"README.md"}

    assert {path.name for path in PROCESSES.iterdir()} == expected


def test_process_is_executable_under_its_key(name, root):
    process = process_of(root)

    assert process.get("id") == KEYS[name]
    assert process.get("isExecutable") == "true"
    assert documentation_of(process)


def test_one_pool_holds_the_process(name, root):
    (pool,) = root.findall("bpmn:collaboration/bpmn:participant", NS)

    assert pool.get("processRef") == KEYS[name]
    assert pool.get("name")


def test_ids_are_unique(root):
    own = [e for e in root.iter("{*}*") if etree.QName(e).namespace != NS["camunda"]]
    ids = [element.get("id") for element in own if element.get("id")]

    assert len(ids) == len(set(ids))


def test_lanes_are_the_four_in_order_with_the_local_titles_inside(name, root):
    lanes = {
        lane.get("name"): [child.get("name") for child in children_of(lane)]
        for lane in lanes_of(root)
    }

    assert list(lanes) == ["Kadis", "Sekretaris", "Perencana", "Bidang"]
    assert lanes == sheet_of(name)["lajur"]


def test_every_node_stands_in_exactly_one_innermost_lane(root):
    members = [member for lane in innermost_lanes(root) for member in members_of(lane)]

    assert sorted(members) == sorted(nodes_of(root))


def test_parent_lane_names_the_nodes_of_its_children(root):
    for lane in lanes_of(root):
        inner = [member for child in children_of(lane) for member in members_of(child)]
        if children_of(lane):
            assert sorted(members_of(lane)) == sorted(inner)


def test_local_title_is_the_name_of_the_child_lane(root):
    for task in nodes_like(root, "userTask"):
        path = lane_path(root, task.get("id"))
        if len(path) == 2:
            assert sop(task)["jabatan"] == path[1]


def test_an_empty_lane_says_why(root):
    for lane in innermost_lanes(root):
        assert members_of(lane) or documentation_of(lane), lane.get("name")


def test_kadis_lane_of_balangan_is_empty():
    kadis = lanes_of(shared("balangan"))[0]

    assert not members_of(kadis)
    assert "kosong" in documentation_of(kadis)


def test_flows_are_those_of_the_table(name, root):
    flows = {(f.get("sourceRef"), f.get("targetRef"), f.get("name")) for f in flows_of(root)}

    assert flows == expected_flows(sheet_of(name))
    assert len(flows_of(root)) == len(flows)


def test_incoming_and_outgoing_repeat_the_flows(root):
    for node_name, node in nodes_of(root).items():
        for tag, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            listed = [element.text for element in node.findall(f"bpmn:{tag}", NS)]
            drawn = [f.get("id") for f in flows_of(root) if f.get(end) == node_name]

            assert sorted(listed) == sorted(drawn), node_name


def test_step_id_carries_its_number(root):
    for task in nodes_like(root, "userTask"):
        assert task.get("id") == f"langkah_{sop(task)['nomor']}"


def test_starts_and_ends_once(name, root):
    (start,), (end,) = nodes_like(root, "startEvent"), nodes_like(root, "endEvent")

    expected = "Mulai: surat masuk" if name == "luwu-timur" else "Mulai"
    assert (start.get("id"), start.get("name")) == ("mulai", expected)
    assert (end.get("id"), end.get("name")) == ("selesai", "Selesai")


def test_luwu_timur_starts_on_the_message_surat_masuk():
    root = shared("luwu-timur")
    (start,) = nodes_like(root, "startEvent")

    reference = start.find("bpmn:messageEventDefinition", NS).get("messageRef")
    message = root.find(f"bpmn:message[@id='{reference}']", NS)

    assert message.get("name") == "surat_masuk"


def test_start_form_asks_for_period_and_list_of_bidang(name, root):
    (start,) = nodes_like(root, "startEvent")
    fields = {field.id: field for field in fields_of(start)}

    expected = ["periode_tahun", "periode_jenis", "daftar_bidang"]
    expected = [field for field in expected if name != "balangan" or field != "periode_jenis"]
    assert list(fields) == expected + (list(LETTER) if name == "luwu-timur" else [])
    assert fields["periode_tahun"].type == "long"
    assert fields["periode_tahun"].is_required
    assert fields["daftar_bidang"].properties["daftar"] == "true"
    assert "periode_jenis" not in fields or fields["periode_jenis"].values == PERIODS


def test_every_node_says_how_firmly_it_is_read(root):
    for node in nodes_of(root).values():
        if not local(node).endswith("Event"):
            words = sop(node)

            assert words["dasar"] in FIRMNESS
            assert words["alasan"]
            assert words["nomor"]


def test_every_step_has_a_kind_of_action(root):
    for task in nodes_like(root, "userTask"):
        assert sop(task)["tindakan"] in ACTIONS


def test_inferred_nodes_are_the_listed_ones_marked_and_explained(name, root):
    sheet = sheet_of(name)
    words = [*sheet["tersirat"], *sheet["percabanganTersirat"]]
    words += ["S1", "S2"] if name == "balangan" else []

    inferred = {i: n for i, n in nodes_of(root).items() if sop(n).get("tersirat") == "true"}

    assert set(inferred) == {node_id(word) for word in words}
    assert all("ersirat" in documentation_of(n) or _is_return(n) for n in inferred.values())


def _is_return(node):
    return "pasangan baku" in documentation_of(node)


def test_decision_gateways_are_questions_with_two_named_branches(root):
    for gateway in nodes_like(root, "exclusiveGateway"):
        branches = flows_from(root, gateway.get("id"))

        assert gateway.get("name").endswith("?")
        assert {branch.get("name") for branch in branches} in BRANCHES
        assert len(branches) == 2


def test_both_branches_have_a_condition_and_none_is_the_default(root):
    for gateway in nodes_like(root, "exclusiveGateway"):
        assert gateway.get("default") is None
        assert all(condition_of(flow) for flow in flows_from(root, gateway.get("id")))


def test_only_branches_have_conditions(root):
    gateways = {gateway.get("id") for gateway in nodes_like(root, "exclusiveGateway")}

    assert {f.get("sourceRef") for f in flows_of(root) if condition_of(f)} == gateways


def test_each_branch_is_one_answer_of_the_deciding_step(root):
    answers = {"Ya": "ya", "Tidak": "tidak", "Setujui": "setujui"}
    for field in decisions(root):
        step = field.id.removesuffix("_keputusan")
        (gateway,) = [flow.get("targetRef") for flow in flows_from(root, step)]
        branches = flows_from(root, gateway)

        expected = {
            f"${{{field.id} == '{answers.get(branch.get('name'), 'kembalikan')}'}}"
            for branch in branches
        }

        assert {condition_of(branch) for branch in branches} == expected
        assert field.is_required
        assert {f"${{{field.id} == '{value}'}}" for value in field.values} == expected


def decisions(root):
    return [
        field
        for task in nodes_like(root, "userTask")
        for field in fields_of(task)
        if field.id.endswith("_keputusan")
    ]


def test_a_return_needs_a_note(name, root):
    notes = {
        field.id: field.properties["wajib_jika"]
        for task in nodes_like(root, "userTask")
        for field in fields_of(task)
        if field.id.endswith("_catatan_perbaikan")
    }

    assert notes == {
        f"langkah_{step}_catatan_perbaikan": f"langkah_{step}_keputusan={answer}"
        for step, answer in sheet_of(name)["kembali"].items()
    }
    assert len(decisions(root)) == len(notes)


def test_every_step_has_a_form_of_its_own_fields(root):
    seen = set()
    for task in nodes_like(root, "userTask"):
        fields = fields_of(task)
        ids = [field.id for field in fields]

        assert all(re.fullmatch(rf"{task.get('id')}_[a-z0-9_]+", i) for i in ids)
        assert len(ids) == len(set(ids))
        assert not seen & set(ids)
        assert f"{task.get('id')}_catatan" in ids
        seen |= set(ids)


def test_fields_use_known_types_and_properties(root):
    for node in nodes_of(root).values():
        fields = {field.id: field for field in fields_of(node)}
        for field in fields.values():
            assert field.type in FIELD_TYPES
            assert field.label
            assert bool(field.values) == (field.type == "enum")
            assert set(field.properties) <= {"kelompok", "wajib_jika", "baris", "daftar"}
            if needed := field.properties.get("wajib_jika"):
                other, value = needed.split("=")
                assert value in fields[other].values


def test_bidang_fill_in_once_each_and_the_process_collects(root):
    (task,) = [t for t in nodes_like(root, "userTask") if "kumpulkan" in sop(t)]
    loop = task.find("bpmn:multiInstanceLoopCharacteristics", NS)

    assert lane_path(root, task.get("id"))[0] == "Bidang"
    assert loop.get(camunda("collection")) == "${daftar_bidang}"
    assert loop.get(camunda("elementVariable")) == "bidang"
    assert loop.get("isSequential", "false") == "false"
    assert sop(task)["kumpulkan"] == "data_bidang"
    assert {f"{task.get('id')}_{x}" for x in ("capaian", "tautan_bukti_dukung")} <= {
        field.id for field in fields_of(task)
    }


def test_parallel_branches_meet_again():
    for name in NAMES:
        root = shared(name)
        for gateway in nodes_like(root, "parallelGateway"):
            fan = (
                len(gateway.findall("bpmn:incoming", NS)),
                len(flows_from(root, gateway.get("id"))),
            )

            assert fan in {(1, 2), (2, 1)}


def test_year_of_balangan_is_four_triwulan_two_semesters_one_report():
    visits = walk(shared("balangan"), {"langkah_7_keputusan": "ya", "langkah_8_keputusan": "ya"})

    steps = {node: n for node, n in visits.items() if node.startswith("langkah_")}
    per_quarter = dict.fromkeys(map(node_id, ["1", "1b", "2", "3", "4", "5"]), 4)
    per_semester = dict.fromkeys(map(node_id, "678"), 2)
    assert steps == per_quarter | per_semester | {"langkah_9": 1}


def walk(root, variables):
    """How often one token visits each node of a diagram without parallel gateways."""
    visits, variables, place = {}, dict(variables), "mulai"
    while place != "selesai":
        visits[place] = visits.get(place, 0) + 1
        assert visits[place] < 10, f"{place} is visited without end"
        if script := nodes_of(root)[place].findtext("bpmn:script", namespaces=NS):
            variables["triwulan"] = _next_quarter(script, variables)
        (place,) = [
            flow.get("targetRef")
            for flow in flows_from(root, place)
            if _holds(condition_of(flow), variables)
        ]
    return visits


def _next_quarter(script, variables):
    first, next_one = "triwulan = 1", "triwulan = triwulan + 1"
    assert script in {first, next_one}
    return 1 if script == first else variables["triwulan"] + 1


def _holds(condition, variables):
    if condition is None:
        return True
    comparisons = re.findall(r"(\w+) == '?(\w+)'?", condition)
    return any(str(variables[left]) == right for left, right in comparisons)


@pytest.mark.parametrize("what", PERSONAL)
def test_no_person_is_named(what):
    files = [*PROCESSES.iterdir(), *SOURCES.iterdir()]
    for path in files:
        found = re.search(PERSONAL[what], path.read_text(encoding="utf-8"))

        assert found is None, f"{path.name} holds {what}: {found}"


@pytest.mark.parametrize(
    ("what", "example"),
    [
        # In two parts: no file may hold such a number, not even an invented one.
        ("a staff number (NIP)", "19700101 " + "199503 1 001"),
        ("a title before a name", "Drs. Fulan"),
        ("a degree after a name", "Fulan, S.Pd"),
        ("a rank", "Pembina Utama Muda"),
    ],
)
def test_a_person_would_be_noticed(what, example):
    assert re.search(PERSONAL[what], example)
