"""`alur webhook ...` and `alur contact ...`: who is told of what happens."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from importlib import import_module
from typing import Any

from engine.cli.exit_codes import OK, REFUSED
from engine.cli.invocation import Invocation
from engine.cli.json_output import camel
from engine.cli.listing import page_of, say_rest
from engine.cli.words import Commands, add_limit
from engine.errors import NotFound
from engine.model import (
    SUBSCRIBABLE,
    Channel,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    WebhookSubscription,
)
from engine.queries import DeliveryQuery
from engine.webhook_subscriptions import Wishes


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    group = commands.add_group("webhook", about="Call other systems when something happens.")
    adding = group.add(
        "add",
        add,
        about="""Subscribe an address, and show the secret that signs the calls, this once.

        Without --kind, --sop or --lane it is told of everything. An address inside of the office
        must be named in ALUR_WEBHOOK_ALLOW.""",
        example="alur webhook add gerbang https://gerbang.dinas.go.id/alur --kind task_opened",
    )
    adding.add_argument("name", metavar="NAME", help="what people call it")
    adding.add_argument("url", metavar="URL", help="where it is called")
    adding.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="KIND",
        help="repeat it for several: " + ", ".join(SUBSCRIBABLE),
    )
    adding.add_argument("--sop", action="append", default=[], metavar="KEY", help="of these SOPs")
    adding.add_argument(
        "--lane", action="append", default=[], metavar="LANE", help="of these lanes"
    )
    group.add(
        "list",
        list_subscriptions,
        about="""List subscriptions, and how it goes there.""",
        example="alur webhook list",
    )
    for name, run, about in (
        ("test", test, "Send a trial now, and say what became of it."),
        ("rotate", rotate, "Make a new secret; for a day the former one signs beside it."),
        ("disable", disable, "Switch a subscription off; what is on its way is dropped."),
        ("enable", enable, "Switch a subscription on again."),
        ("remove", remove, "Forget a subscription, and the log of its deliveries."),
    ):
        parser = group.add(name, run, about=about, example=f"alur webhook {name} 1b0ad77e-6c5c")
        parser.add_argument("subscription", metavar="SUBSCRIPTION", help="see alur webhook list")
    reading = group.add(
        "deliveries",
        deliveries,
        about="""Show what was sent to whom, the latest first.

        With a DELIVERY every attempt of it: when, the status, how long, how the answer began.""",
        example="alur webhook deliveries --state failed",
    )
    reading.add_argument("delivery", nargs="?", metavar="DELIVERY", help="one, with its attempts")
    reading.add_argument("--subscription", metavar="SUBSCRIPTION", help="only those to it")
    reading.add_argument(
        "--state", choices=[str(state) for state in DeliveryState], help="only such ones"
    )
    add_limit(reading)
    again = group.add(
        "redeliver",
        redeliver,
        about="""Send a delivery once more, under the same id.""",
        example="alur webhook redeliver msg_1b0ad77e-6c5c",
    )
    again.add_argument("delivery", metavar="DELIVERY", help="see alur webhook deliveries")
    _add_contacts(commands.add_group("contact", about="Say where accounts are told of tasks."))


def _add_contacts(group: Commands) -> None:
    setting = group.add(
        "set",
        set_contact,
        about="""Tell an account of its tasks at this address.

        E-mail takes a mail server: ALUR_SMTP_URL and ALUR_MAIL_FROM. With --gateway it is a phone
        number or the id of a chat, and messages go there by ALUR_GATEWAY_URL.""",
        example="alur contact set siti siti@dinas.go.id\n"
        "alur contact set siti 628123456789 --gateway",
    )
    setting.add_argument("person", metavar="ACCOUNT")
    setting.add_argument("address", metavar="ADDRESS")
    _add_gateway(setting)
    setting.add_argument("--off", action="store_true", help="keep the address, and send nothing")
    group.add(
        "list",
        list_contacts,
        about="""List where accounts are told of tasks.""",
        example="alur contact list",
    )
    removing = group.add(
        "remove",
        remove_contact,
        about="""Forget the address of an account.""",
        example="alur contact remove siti",
    )
    removing.add_argument("person", metavar="ACCOUNT")
    _add_gateway(removing)


def _add_gateway(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gateway",
        dest="channel",
        action="store_const",
        const=Channel.GATEWAY,
        default=Channel.EMAIL,
        help="the office's gateway to WhatsApp, Telegram or SMS, and not e-mail",
    )


# ---------------------------------------------------------------- subscriptions


def add(call: Invocation) -> int:
    """Subscribe."""
    words = call.words
    wishes = Wishes(
        words.name, words.url, frozenset(words.kind), frozenset(words.sop), frozenset(words.lane)
    )
    with call.engine() as engine:
        made, secret = engine.webhook_subscriptions.add(wishes, actor=call.actor(engine))
    return _say_secret(call, made, secret)


def list_subscriptions(call: Invocation) -> int:
    """List subscriptions."""
    with call.engine() as engine:
        found = engine.webhook_subscriptions.list(actor=call.actor(engine))
    call.printer.json([_shown(each) for each in found])
    call.printer.table(
        ("subscription", "name", "address…", "active", "last success", "failing since"),
        [
            (
                each.subscription_id,
                each.name,
                each.url,
                "yes" if each.is_active else f"no ({each.disabled_because})",
                each.last_success_at,
                each.failing_since,
            )
            for each in found
        ],
    )
    return OK


def test(call: Invocation) -> int:
    """Send a trial. Refused (1) when it did not arrive."""
    with call.engine() as engine:
        actor = call.actor(engine)
        ping = engine.deliveries.ping(call.words.subscription, actor=actor)
        # By name: webhooks stands above the command line.
        deliverer = import_module("webhooks.outgoing").build_deliverer(engine, call.settings)
        deliverer.deliver(ping.delivery_id)
        query = DeliveryQuery(delivery_id=ping.delivery_id)
        (sent,) = engine.deliveries.deliveries(query, actor=actor)
        attempts = engine.deliveries.attempts([sent], actor=actor)[sent.delivery_id]
    _say_attempts(call, sent, attempts)
    return OK if sent.state is not DeliveryState.FAILED else REFUSED


def rotate(call: Invocation) -> int:
    """A new secret."""
    with call.engine() as engine:
        changed, secret = engine.webhook_subscriptions.rotate_secret(
            call.words.subscription, actor=call.actor(engine)
        )
    return _say_secret(call, changed, secret)


def disable(call: Invocation) -> int:
    """Switch a subscription off."""
    with call.engine() as engine:
        changed = engine.webhook_subscriptions.disable(
            call.words.subscription, actor=call.actor(engine)
        )
    return _answer(call, changed, f"{changed.name} is told nothing any more")


def enable(call: Invocation) -> int:
    """Switch a subscription on."""
    with call.engine() as engine:
        changed = engine.webhook_subscriptions.enable(
            call.words.subscription, actor=call.actor(engine)
        )
    return _answer(call, changed, f"{changed.name} is told of what happens from now on")


def remove(call: Invocation) -> int:
    """Forget a subscription."""
    with call.engine() as engine:
        engine.webhook_subscriptions.remove(call.words.subscription, actor=call.actor(engine))
    call.printer.json({"subscriptionId": call.words.subscription, "isRemoved": True})
    call.printer.say(f"subscription {call.words.subscription} is forgotten")
    return OK


def _shown(subscription: WebhookSubscription) -> dict[str, Any]:
    """All but the secrets, sealed as they are."""
    secrets = ("secret", "former_secret")
    facts = asdict(subscription).items()
    return {camel(name): fact for name, fact in facts if name not in secrets}


def _answer(call: Invocation, subscription: WebhookSubscription, sentence: str) -> int:
    call.printer.json(_shown(subscription))
    call.printer.say(sentence)
    return OK


def _say_secret(call: Invocation, subscription: WebhookSubscription, secret: str) -> int:
    call.printer.json({"subscription": _shown(subscription), "secret": secret})
    call.printer.say(secret)
    call.printer.note(
        f"subscription {subscription.subscription_id}; keep the secret, it is shown this once"
    )
    return OK


# ------------------------------------------------------------------- deliveries


def deliveries(call: Invocation) -> int:
    """Show the log."""
    words = call.words
    query = DeliveryQuery(
        delivery_id=words.delivery,
        subscription_id=words.subscription,
        state=DeliveryState(words.state) if words.state else None,
    )
    with call.engine() as engine:
        actor = call.actor(engine)
        found = engine.deliveries.deliveries(query, page_of(call, "created_at"), actor=actor)
        total = engine.deliveries.count_deliveries(query, actor=actor)
        attempts = engine.deliveries.attempts(found, actor=actor)
    if words.delivery:
        if not found:
            raise NotFound("delivery", words.delivery)
        _say_attempts(call, found[0], attempts[found[0].delivery_id])
        return OK
    call.printer.json(found)
    call.printer.table(
        ("delivery", "kind", "to…", "state", "attempts", "made", "next"),
        [
            (
                each.delivery_id,
                each.kind,
                each.subscription_id or each.account,
                each.state,
                each.attempts,
                each.created_at,
                each.due_at if each.state is DeliveryState.PENDING else None,
            )
            for each in found
        ],
    )
    say_rest(call, len(found), total)
    return OK


def redeliver(call: Invocation) -> int:
    """Send one once more."""
    with call.engine() as engine:
        again = engine.deliveries.redeliver(call.words.delivery, actor=call.actor(engine))
    call.printer.json(again)
    call.printer.say(f"{again.delivery_id} is on its way; a worker sends it")
    return OK


def _say_attempts(call: Invocation, delivery: Delivery, attempts: list[DeliveryAttempt]) -> None:
    call.printer.json({"delivery": delivery, "attempts": attempts})
    call.printer.say(f"{delivery.delivery_id}: {delivery.kind}, {delivery.state}")
    call.printer.table(
        ("attempt", "time", "outcome", "status", "ms", "answer…"),
        [
            (
                each.number,
                each.at,
                "delivered" if each.is_delivered else each.failure or "not known",
                each.status,
                each.duration_ms,
                each.answer,
            )
            for each in attempts
        ],
    )


# --------------------------------------------------------------------- contacts


def set_contact(call: Invocation) -> int:
    """Tell the account there."""
    words = call.words
    is_email = words.channel is Channel.EMAIL
    with call.engine() as engine:
        put = engine.contacts.put_email if is_email else engine.contacts.put_handle
        contact = put(words.person, words.address, is_on=not words.off, actor=call.actor(engine))
    call.printer.json(contact)
    told = "is told of tasks" if contact.is_on else "is not told of tasks"
    call.printer.say(f"{contact.account} {told} at {contact.value}")
    place = call.settings.smtp_url if is_email else call.settings.gateway_url
    if place is None:
        variable = "ALUR_SMTP_URL" if is_email else "ALUR_GATEWAY_URL"
        call.printer.note(f"{variable} is not set here; nothing is sent without it")
    return OK


def list_contacts(call: Invocation) -> int:
    """List contacts."""
    with call.engine() as engine:
        found = engine.contacts.list(actor=call.actor(engine))
    call.printer.json(found)
    rows = [
        (each.account, each.channel, each.value, "yes" if each.is_on else "no") for each in found
    ]
    call.printer.table(("account", "channel", "address", "told"), rows)
    return OK


def remove_contact(call: Invocation) -> int:
    """Forget an address."""
    person, channel = call.words.person, call.words.channel
    with call.engine() as engine:
        engine.contacts.remove(person, channel, actor=call.actor(engine))
    call.printer.json({"account": person, "channel": str(channel), "isRemoved": True})
    call.printer.say(f"{person} is not told by {channel} any more")
    return OK
