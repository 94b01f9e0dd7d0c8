"""A Telegram bot at Alur's gateway: tasks are done in the chat, by a button or by `nama=nilai`.

Reads ALUR_GATEWAY_SECRET, BOT_TOKEN, BOT_LISTEN and BOT_API. What it waits for is in memory only:
after a restart the links in the chat still work. For private chats: in a group anybody may answer.
"""

import os
import threading
from collections import defaultdict
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

API = f"{os.environ.get('BOT_API', 'https://api.telegram.org')}/bot{os.environ['BOT_TOKEN']}"
SIGNATURE = Webhook(os.environ["ALUR_GATEWAY_SECRET"])
READ = {
    "long": int,
    "double": lambda text: float(text.replace(",", ".")),
    "boolean": lambda text: {"ya": True, "tidak": False}[text.lower()],
}
chats = defaultdict(dict)  # chat -> task id -> the task and its values so far, the oldest first
seen, lock = set(), threading.Lock()  # a message may come twice, under one id


def call(method, **facts):
    answer = requests.post(f"{API}/{method}", json=facts, timeout=70)
    answer.raise_for_status()
    return answer.json()["result"]


def say(chat, text, buttons=()):
    rows = [[{"text": label, "callback_data": data}] for label, data in buttons]
    call("sendMessage", chat_id=chat, text=text, reply_markup={"inline_keyboard": rows})


def choices(field):
    if field["type"] == "boolean":
        return [("Ya", "ya"), ("Tidak", "tidak")]
    return [(option["label"], option["value"]) for option in field["options"]]


def receive(told):
    """Pass the text on; with a form ask for its fields: one decision is buttons."""
    chat, text, buttons = told["to"], f"{told['text']}\n{told['url'] or ''}", []
    if told["form"] is not None:
        task = {**told, "values": {}, "fields": {each["id"]: each for each in told["form"]}}
        task["needed"] = [each["id"] for each in told["form"] if each["required"]]
        found = choices(task["fields"][task["needed"][0]]) if len(task["needed"]) == 1 else ()
        labels = [label for label, _ in found] if task["needed"] else ["Kirim"]
        buttons = [(each, f"{told['taskId']}:{place}") for place, each in enumerate(labels)]
        chats[chat][told["taskId"]] = task
        text += "\nBalas dengan nama=nilai, satu per baris; * wajib:"
        for each in told["form"]:
            values = "/".join(value for _, value in choices(each))
            text += f"\n{each['id']}{'*' * each['required']}: {each['label']} {values}".rstrip()
    say(chat, text, buttons)


def press(chat, data):
    """A button: the decision, or that nothing more is to come."""
    task_id, _, place = data.partition(":")
    task = chats[chat].get(task_id)
    if task is None:
        return say(chat, "Tugas itu tidak menunggu jawaban lagi.")
    pairs = [(name, choices(task["fields"][name])[int(place)][1]) for name in task["needed"]]
    return complete(chat, task, pairs)


def hear(chat, text):
    """Lines of `nama=nilai`: for the oldest task that has such fields."""
    pairs = [(line.partition("=")[0].strip(), line.partition("=")[2]) for line in text.splitlines()]
    for task in chats[chat].values():
        if pairs and all(name in task["fields"] for name, _ in pairs):
            return complete(chat, task, pairs)
    return say(chat, "Tidak ada tugas dengan isian itu. Balas dengan nama=nilai, satu per baris.")


def complete(chat, task, pairs):
    """Keep the values; once all that are needed are there post them, and say what happened."""
    for name, text in pairs:
        field, value = task["fields"][name], text.strip()
        with suppress(ValueError, KeyError):  # it goes as it is, and Alur says what is wrong
            value = READ.get(field["type"], str)(value)
        if field["list"]:
            value = [each.strip() for each in value.split(";") if each.strip()]
        task["values"][name] = {"value": value, **({"type": "Json"} if field["list"] else {})}
    if missing := [name for name in task["needed"] if name not in task["values"]]:
        return say(chat, "Dicatat. Masih diperlukan: " + ", ".join(missing))
    try:
        answer = requests.post(task["url"], json={"variables": task["values"]}, timeout=30)
        if answer.status_code >= 429:
            answer.raise_for_status()
        told = answer.json()
    except requests.RequestException:
        return say(chat, "Alur sedang tidak dapat dihubungi; jawab sekali lagi nanti.")
    if told.get("fields"):
        wrong = [f"{name}: {reasons[0]}" for name, reasons in told["fields"].items()]
        return say(chat, "\n".join(["Belum benar, balas lagi dengan nama=nilai:", *wrong]))
    del chats[chat][task["taskId"]]
    if answer.ok:
        return say(chat, f"Selesai: {task['activityName']}")
    who = told.get("endedBy") or told.get("assignee")
    because = f"sudah didahului {who}" if who else "tautannya tidak berlaku lagi"
    return say(chat, f"Tidak jadi, {because}: {task['activityName']}")


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self):
        body, status = self.rfile.read(int(self.headers["Content-Length"])), 204
        try:
            told = SIGNATURE.verify(body, dict(self.headers))
            with lock:
                if self.headers["webhook-id"] not in seen:
                    receive(told["data"])
                    seen.add(self.headers["webhook-id"])
        except WebhookVerificationError:
            status = 401
        except requests.RequestException:
            status = 502  # Telegram is away; Alur sends it again
        self.send_response(status)
        self.end_headers()


def follow(offset=0):
    """What people say and press, for ever."""
    while True:
        try:
            for update in call("getUpdates", offset=offset, timeout=50):
                offset = update["update_id"] + 1
                pressed = update.get("callback_query")
                message = pressed["message"] if pressed else update.get("message", {})
                with lock:
                    if pressed:
                        call("answerCallbackQuery", callback_query_id=pressed["id"])
                        press(str(message["chat"]["id"]), pressed["data"])
                    elif "text" in message:
                        hear(str(message["chat"]["id"]), message["text"])
        except requests.RequestException:  # not printed: its text holds the token
            threading.Event().wait(5)


host, _, port = os.environ.get("BOT_LISTEN", "127.0.0.1:8099").rpartition(":")
server = ThreadingHTTPServer((host, int(port)), Gateway)
print(f"http://{host}:{server.server_port}/", flush=True)  # noqa: T201 - says where it listens
threading.Thread(target=server.serve_forever, daemon=True).start()
follow()
