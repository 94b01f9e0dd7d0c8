"""Reads the tokens of one expression one by one, and refuses in words what stands wrong."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn

from engine.bpmn.refusals import NotRun, Refusal
from engine.bpmn.tokens import Token, TokenKind, tokenize


class Dialect(StrEnum):
    """Which rules of precedence hold: `${...}`, a leading `=`, or neither."""

    JUEL = "juel"
    FEEL = "feel"
    PYTHON = "python"


#: What is understood and yet not run, with the reason in English and Indonesian.
NOT_RUN = {
    "?": (
        "a ternary (a ? b : c) is not run; use a gateway",
        "pilihan (a ? b : c) tidak dijalankan; pakailah gerbang",
    ),
    "%": ("the remainder (%) is not run", "sisa bagi (%) tidak dijalankan"),
    "mod": ("the remainder (mod) is not run", "sisa bagi (mod) tidak dijalankan"),
    "**": ("powers (**) are not run", "perpangkatan (**) tidak dijalankan"),
    "//": ("floor division (//) is not run", "pembagian bulat (//) tidak dijalankan"),
    "=": (
        "= compares only in FEEL, which begins with =; write ==",
        "= hanya membandingkan dalam FEEL, yang diawali =; tulislah ==",
    ),
    "..": (
        "ranges are not run; write x >= 1 and x <= 5",
        "rentang tidak dijalankan; tulislah x >= 1 and x <= 5",
    ),
    "}": (
        "only one ${...} around the whole expression is run",
        "hanya satu ${...} yang mengapit seluruh ungkapan yang dijalankan",
    ),
    "lambda": ("functions are not run", "fungsi tidak dijalankan"),
    "for": ("loops are not run", "perulangan tidak dijalankan"),
    "instanceof": ("instanceof is not run", "instanceof tidak dijalankan"),
}


class Reader:
    """A place among the tokens of one expression."""

    def __init__(self, source: str, dialect: Dialect) -> None:
        self.source = source
        self.dialect = dialect
        self.tokens = tokenize(source)
        self.position = 0
        self.depth = 0

    # -- tokens

    @property
    def token(self) -> Token:
        """The token that stands next."""
        return self.tokens[self.position]

    def at(self, *texts: str) -> bool:
        """Whether one of these operators or words stands next."""
        is_word = self.token.kind in {TokenKind.OPERATOR, TokenKind.NAME}
        return is_word and self.token.text in texts

    def take(self) -> Token:
        """The next token; after it stands the one behind."""
        token = self.token
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def accept(self, *texts: str) -> bool:
        """Take one of these when it stands next; whether it did."""
        if not self.at(*texts):
            return False
        self.take()
        return True

    def expect(self, text: str) -> None:
        """Take this, or refuse."""
        if not self.accept(text):
            self.unexpected(f"{text!r} is expected", f"diharapkan {text!r}")

    def refuse(self, reason: str, reason_id: str) -> NoReturn:
        """Raise Refusal, in English and Indonesian."""
        raise Refusal(self.source, reason, reason_id)

    def refuse_word(self, word: str) -> NoReturn:
        """Raise what is said of a word of NOT_RUN."""
        # Outside of FEEL = is no operator at all.
        raise (Refusal if word == "=" else NotRun)(self.source, *NOT_RUN[word])

    def unexpected(self, expected: str, expected_id: str) -> NoReturn:
        """Raise Refusal: something else was expected here."""
        if self.token.kind is TokenKind.END:
            self.refuse(f"it ends too early; {expected}", f"ungkapan belum selesai; {expected_id}")
        if self.token.text in NOT_RUN and self.token.kind is not TokenKind.STRING:
            self.refuse_word(self.token.text)
        found = self.token.text
        self.refuse(f"{expected}, not {found!r}", f"{expected_id}, bukan {found!r}")
