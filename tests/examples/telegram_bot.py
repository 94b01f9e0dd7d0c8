"""A Telegram bot at Alur's gateway: reply to a task's message with nama=nilai, and it is done."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from standardwebhooks.webhooks import Webhook

API = f"{os.environ.get('BOT_API', 'https://api.telegram.org')}/bot{os.environ['BOT_TOKEN']}"
links = {}  # (chat, message) -> the address that completes the task


def call(method, **facts):
    return requests.post(f"{API}/{method}", json=facts, timeout=70).json()["result"]


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = Webhook(os.environ["ALUR_GATEWAY_SECRET"]).verify(body, dict(self.headers))["data"]
        asked = [f"{field['id']}: {field['label']}" for field in told["form"] or ()]
        text = "\n".join([told["text"], told["url"] or "", *asked])
        links[told["to"], call("sendMessage", chat_id=told["to"], text=text)["message_id"]] = told
        self.send_response(204)
        self.end_headers()


def answer(message):
    chat, replied = str(message["chat"]["id"]), message.get("reply_to_message", {})
    told = links.get((chat, replied.get("message_id")))
    if told is None or told["form"] is None:
        return "Balas pesan tugasnya dengan nama=nilai, satu per baris."
    lines = [line.partition("=") for line in message["text"].splitlines()]
    values = {f"isian-{name.strip()}": value.replace(";", "\n") for name, _, value in lines}
    done = requests.post(told["url"], values, headers={"Accept": "application/json"}, timeout=30)
    return f"Selesai: {told['activityName']}" if done.ok else done.json()["message"]


host, _, port = os.environ.get("BOT_LISTEN", "127.0.0.1:8099").rpartition(":")
server = ThreadingHTTPServer((host, int(port)), Gateway)
print(f"http://{host}:{server.server_port}/", flush=True)  # noqa: T201 - says where it listens
threading.Thread(target=server.serve_forever, daemon=True).start()
offset = 0
while True:
    for update in call("getUpdates", offset=offset, timeout=50):
        offset = update["update_id"] + 1
        if "text" in (message := update.get("message", {})):
            call("sendMessage", chat_id=message["chat"]["id"], text=answer(message))
