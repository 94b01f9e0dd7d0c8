"""The worked example of the README: subscribing by curl, and its receiver, run as they stand."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from standardwebhooks.webhooks import Webhook

from engine.model import Channel
from tests.needs import program
from tests.webhooks.outgoing.conftest import PostOffice
from webhooks.outgoing import Deliverer

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = (ROOT / "webhooks" / "README.md").read_text("utf-8").partition("test_example.py")[2]


def block(language: str) -> str:
    return EXAMPLE.partition(f"```{language}\n")[2].partition("```")[0]


def test_subscribing_by_curl_and_the_receiver_work(tmp_path: Path) -> None:
    program("curl")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {
        **os.environ,
        "ALUR_DATABASE_URL": f"sqlite:///{tmp_path / 'alur.db'}",
        "ALUR_DEMO_PASSWORD": "seekor-kuda-nil",
        "ALUR_WEBHOOK_ALLOW": "127.0.0.0/8",
        "PASSWORD": "seekor-kuda-nil",
        "RECEIVER": f"http://127.0.0.1:{port}/",
        "PORT": str(port),
        "no_proxy": "127.0.0.1",
    }
    alur = [sys.executable, "-m", "engine"]
    subprocess.run([*alur, "demo", "--no-serve"], cwd=ROOT, env=environ, check=True)
    with subprocess.Popen(
        [*alur, "serve", "--port", "0"], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as server:
        url = server.stdout.readline().split()[3]
        subscribed = subprocess.run(
            [program("bash"), "-euo", "pipefail", "-c", block("sh")],
            env={**environ, "ALUR": f"{url}/engine-rest"},
            capture_output=True,
            text=True,
            check=True,
        )
        secret = json.loads(subscribed.stdout)["secret"]
        told = _told_to_the_example({**environ, "SECRET": secret}, alur)
        server.terminate()

    assert told[0] == "task_opened"
    assert "/tugas/" in told[-1]


def _told_to_the_example(environ: dict[str, str], alur: list[str]) -> list[str]:
    """What the receiver of the example prints of a new instance; `alur serve` calls it."""
    with subprocess.Popen(
        [sys.executable, "-c", block("python")], env=environ, stdout=subprocess.PIPE, text=True
    ) as receiver:
        values = ["--set", "periode_tahun=2026", "--set", "daftar_bidang=SMP"]
        start = [*alur, "start", "pdk_balangan", *values]
        subprocess.run(start, cwd=ROOT, env=environ, check=True, capture_output=True)
        line = receiver.stdout.readline()
        receiver.terminate()
    return line.split()


def test_receiver_of_the_example_refuses_a_stranger(post: PostOffice, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    subscription_id, _ = post.subscribe(f"http://127.0.0.1:{port}/")
    environ = {**os.environ, "PORT": str(port), "SECRET": "whsec_" + "bGFpbg==" * 4}
    assert Webhook(environ["SECRET"])
    with subprocess.Popen(
        [sys.executable, "-c", block("python")], env=environ, stderr=subprocess.PIPE, text=True
    ) as receiver:
        status = None
        while status is None:
            assert receiver.poll() is None
            ping = post.ping(subscription_id)
            Deliverer(post.engine.deliveries, {Channel.WEBHOOK: post.http}).deliver(
                ping.delivery_id
            )
            (attempt,) = post.attempts(ping)
            status = attempt.status
        receiver.terminate()

    assert status == 401
