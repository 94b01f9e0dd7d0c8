"""Each diagram is drawn so that a reader stumbles on nothing; and a damaged drawing is noticed."""

from __future__ import annotations

import pytest

from tests.processes.diagrams import NAMES, NS, load, shared
from tests.processes.geometry import findings


@pytest.mark.parametrize("name", NAMES)
def test_drawing_is_clean(name):
    assert findings(shared(name)) == []


def test_every_task_of_a_diagram_has_the_same_size():
    for name in NAMES:
        sizes = {
            (bounds.get("width"), bounds.get("height"))
            for bounds in shared(name).iterfind(".//bpmndi:BPMNShape/dc:Bounds", NS)
            if bounds.getparent().get("bpmnElement").startswith(("langkah_", "buka_"))
        }

        assert len(sizes) == 1


def bounds_of(root, element, *, label=False):
    shape = root.find(f".//*[@bpmnElement='{element}']")
    return shape.find("bpmndi:BPMNLabel/dc:Bounds" if label else "dc:Bounds", NS)


def move(bounds, *, x=0.0, y=0.0, width=0.0, height=0.0):
    for key, change in {"x": x, "y": y, "width": width, "height": height}.items():
        bounds.set(key, str(float(bounds.get(key)) + change))


def drop(element):
    element.getparent().remove(element)


def waypoints_of(root, flow):
    return root.findall(f".//*[@bpmnElement='{flow}']/di:waypoint", NS)


def cover_a_task(root):
    move(bounds_of(root, "langkah_3"), x=200)


def leave_the_lane(root):
    move(bounds_of(root, "langkah_3"), y=60)


def tear_the_lanes(root):
    move(bounds_of(root, "lajur_sekretaris"), height=-20)


def slant_an_edge(root):
    move_waypoint(waypoints_of(root, "alur_langkah_3_langkah_4")[-1], y=12)


def undock_an_edge(root):
    move_waypoint(waypoints_of(root, "alur_langkah_3_langkah_4")[-1], x=-12)


def move_waypoint(point, *, x=0, y=0):
    point.set("x", str(float(point.get("x")) + x))
    point.set("y", str(float(point.get("y")) + y))


def run_through_a_task(root):
    for point in waypoints_of(root, "alur_langkah_1_langkah_1b")[1:]:
        point.set("y", bounds_of(root, "langkah_3").get("y"))
        move_waypoint(point, y=30)
    move_waypoint(waypoints_of(root, "alur_langkah_1_langkah_1b")[-1], x=900)


def double_an_edge(root):
    source, target = (
        root.find(f".//*[@bpmnElement='alur_{name}']")
        for name in ("percabangan_g2_langkah_7", "percabangan_g1_langkah_7")
    )
    for waypoint in target.findall("di:waypoint", NS):
        drop(waypoint)
    for waypoint in source.findall("di:waypoint", NS):
        target.append(waypoint)
    for x, y in ((100, 500), (300, 500)):
        source.append(new_waypoint(source, x, y))
        target.append(new_waypoint(target, x, y))


def new_waypoint(edge, x, y):
    return edge.makeelement(f"{{{NS['di']}}}waypoint", x=str(x), y=str(y))


def run_on_a_border(root):
    border = bounds_of(root, "lajur_kasubbag").get("y")
    for point in waypoints_of(root, "alur_percabangan_g2_langkah_7")[1:3]:
        point.set("y", border)


def cover_with_a_label(root):
    move(bounds_of(root, "percabangan_g0", label=True), y=-40)


def forget_a_label(root):
    label = bounds_of(root, "percabangan_g0", label=True).getparent()
    drop(label)


def forget_a_flow(root):
    drop(root.find(".//*[@bpmnElement='alur_langkah_3_langkah_4']"))


def shrink_a_task(root):
    move(bounds_of(root, "langkah_1"), height=-60)


def narrow_a_label(root):
    move(bounds_of(root, "percabangan_g1", label=True), width=-40)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cover_a_task, "langkah_3 overlaps langkah_4"),
        (leave_the_lane, "langkah_3 strays from lane lajur_staf"),
        (tear_the_lanes, "the lanes of pool do not fill it in order"),
        (slant_an_edge, "alur_langkah_3_langkah_4 is slanted"),
        (undock_an_edge, "alur_langkah_3_langkah_4 does not touch langkah_4"),
        (run_through_a_task, "alur_langkah_1_langkah_1b runs through langkah_3"),
        (double_an_edge, "runs along"),
        (run_on_a_border, "runs along the border of lajur_kasubbag"),
        (cover_with_a_label, "the label of percabangan_g0 covers percabangan_g0"),
        (forget_a_label, "percabangan_g0 has no label bounds"),
        (forget_a_flow, "alur_langkah_3_langkah_4 is not drawn"),
        (shrink_a_task, "langkah_1 is too small for its name"),
        (narrow_a_label, "the label of percabangan_g1 is too small for its words"),
    ],
)
def test_damage_is_found(damage, words):
    root = load("balangan")

    damage(root)

    assert any(words in finding for finding in findings(root))
