"""Parses one expression in JUEL, FEEL or Python into a Python syntax tree."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Callable
from typing import NoReturn

from engine.bpmn import expression_trees as trees
from engine.bpmn.expression_reader import NOT_RUN, Dialect, Reader
from engine.bpmn.quantifiers import FUNCTIONS, QUANTIFIERS, quantified
from engine.bpmn.refusals import NotRun, Refusal
from engine.bpmn.tokens import TokenKind

MAX_DEPTH = 40


# Binding powers, loosest first. "not" stands at NOT in Python and at UNARY in JUEL.
_LOOSEST, _OR, _AND, _NOT, _EQUALITY, _RELATION, _SUM, _PRODUCT, _UNARY = range(1, 10)

_EQUALITIES: dict[str, type[ast.cmpop]] = {"==": ast.Eq, "!=": ast.NotEq}
_RELATIONS: dict[str, type[ast.cmpop]] = {
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}
_ARITHMETIC: dict[str, tuple[int, type[ast.operator]]] = {
    "+": (_SUM, ast.Add),
    "-": (_SUM, ast.Sub),
    "*": (_PRODUCT, ast.Mult),
    "/": (_PRODUCT, ast.Div),
}
_WORDS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "div": "/"}
_CONSTANTS = {"true": True, "false": False, "null": None}
_PYTHON_CONSTANTS = {"True": True, "False": False, "None": None}


def parse(source: str, dialect: Dialect) -> ast.expr:
    """The syntax tree of `source`, at most MAX_DEPTH deep. Raises Refusal."""
    tree = _Parser(source, dialect).whole()
    if _is_deep(tree):
        raise Refusal(source, "it is nested too deeply", "ungkapannya terlalu bertingkat")
    return tree


def _is_deep(tree: ast.expr) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)


class _Parser(Reader):
    """Precedence climbing over the tokens of one expression."""

    # -- grammar

    def whole(self) -> ast.expr:
        tree = self.expression(_LOOSEST)
        if self.token.kind in {TokenKind.NAME, TokenKind.STRING, TokenKind.NUMBER}:
            if self.token.text in NOT_RUN:
                self.refuse_word(self.token.text)
            self.refuse(
                f"an operator is missing before {self.token.text!r}; names have no blanks",
                f"ada operator yang kurang sebelum {self.token.text!r}; nama tidak memuat spasi",
            )
        if self.token.kind is not TokenKind.END:
            self.unexpected("an operator is expected", "diharapkan operator")
        return tree

    def expression(self, power: int) -> ast.expr:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse("it is nested too deeply", "ungkapannya terlalu bertingkat")
        left = self.postfix(self.prefix())
        while (step := self.infix(power)) is not None:
            left = step(left)
        self.depth -= 1
        return left

    def prefix(self) -> ast.expr:
        if self.token.kind is TokenKind.OPERATOR and self.token.text in _PREFIXES:
            return _PREFIXES[self.take().text](self)
        if self.at("not"):
            return self.negation()
        if self.at("empty") and self.is_empty_operator():
            self.take()
            return trees.is_empty(self.expression(_UNARY))
        if self.dialect is Dialect.FEEL and self.accept("if"):
            return self.feel_choice()
        if self.dialect is Dialect.FEEL and self.at(*QUANTIFIERS) and self.is_before_a_name():
            return self.feel_quantified(QUANTIFIERS[self.take().text])
        return self.atom()

    def list_display(self) -> ast.expr:
        return ast.List(self.items("]"), ast.Load())

    def minus(self) -> ast.expr:
        return ast.UnaryOp(ast.USub(), self.expression(_UNARY))

    def bang(self) -> ast.expr:
        return ast.UnaryOp(ast.Not(), self.expression(_UNARY))

    def empty_braces(self) -> ast.expr:
        self.expect("}")
        return ast.Dict([], [])

    def is_empty_operator(self) -> bool:
        following = self.tokens[self.position + 1]
        if self.dialect is Dialect.JUEL:
            return following.kind is not TokenKind.OPERATOR or following.text in {"(", "!", "-"}
        is_value = following.kind in {TokenKind.NAME, TokenKind.STRING}
        return self.dialect is Dialect.PYTHON and is_value and following.text not in _INFIX_WORDS

    def negation(self) -> ast.expr:
        self.take()
        if self.dialect is Dialect.FEEL and not self.at("("):
            self.refuse(
                "in FEEL, not is a function: not(x)", "dalam FEEL, not adalah fungsi: not(x)"
            )
        power = _NOT if self.dialect is Dialect.PYTHON else _UNARY
        return ast.UnaryOp(ast.Not(), self.expression(power))

    def parenthesis(self) -> ast.expr:
        if self.dialect is Dialect.PYTHON and self.accept(")"):
            return ast.Tuple([], ast.Load())
        first = self.expression(_LOOSEST)
        if self.dialect is not Dialect.JUEL and self.accept(","):
            return ast.Tuple([first, *self.items(")")], ast.Load())
        self.expect(")")
        return first

    def items(self, closing: str) -> list[ast.expr]:
        found: list[ast.expr] = []
        while not self.accept(closing):
            found.append(self.expression(_LOOSEST))
            if not self.at(closing):
                self.expect(",")
        return found

    def feel_choice(self) -> ast.expr:
        test = self.expression(_LOOSEST)
        self.expect("then")
        chosen = self.expression(_LOOSEST)
        self.expect("else")
        return ast.IfExp(test, chosen, self.expression(_LOOSEST))

    def feel_quantified(self, function: str) -> ast.expr:
        """`some x in a, y in b satisfies condition`, after its first word."""
        places = [self.place()]
        while self.accept(","):
            places.append(self.place())
        self.expect("satisfies")
        return quantified(function, self.expression(_LOOSEST), places)

    def python_quantified(self, function: str) -> ast.expr:
        """`any([condition for x in a for y in b])`, after its first bracket."""
        self.expect("[")
        condition = self.expression(_LOOSEST)
        self.expect("for")
        places = [self.place()]
        while self.accept("for"):
            places.append(self.place())
        self.expect("]")
        self.expect(")")
        return quantified(function, condition, places)

    def place(self) -> tuple[str, ast.expr]:
        """A name and the list that it goes through."""
        if self.token.kind is not TokenKind.NAME:
            self.unexpected("a name is expected", "diharapkan nama")
        name = self.variable(self.take().text)
        self.expect("in")
        # Looser in Python would take in the next `for` or an `if`.
        return name, self.expression(_OR if self.dialect is Dialect.PYTHON else _LOOSEST)

    def is_before_a_name(self) -> bool:
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        return following.kind is TokenKind.NAME and following.text not in _FEEL_COMPARATORS

    def atom(self) -> ast.expr:
        token = self.token
        if token.kind in {TokenKind.NUMBER, TokenKind.STRING}:
            self.take()
            return ast.Constant(token.value)
        if token.kind is not TokenKind.NAME:
            self.unexpected("a value is expected", "diharapkan sebuah nilai")
        if token.text in NOT_RUN:
            self.refuse_word(token.text)
        self.take()
        if token.text in _CONSTANTS:
            return ast.Constant(_CONSTANTS[token.text])
        if self.dialect is Dialect.PYTHON and token.text in _PYTHON_CONSTANTS:
            return ast.Constant(_PYTHON_CONSTANTS[token.text])
        return self.name_or_call(token.text)

    def name_or_call(self, name: str) -> ast.expr:
        if self.dialect is Dialect.FEEL and self.at("contains", "length"):
            following = self.tokens[self.position + 1]
            if following.text == "(":
                name = f"{name} {self.take().text}"
        if self.accept("("):
            if self.dialect is Dialect.PYTHON and name in FUNCTIONS:
                return self.python_quantified(name)
            return self.function(name, self.items(")"))
        return ast.Name(self.variable(name), ast.Load())

    def variable(self, name: str) -> str:
        """The name, unless no variable may be called so."""
        if keyword.iskeyword(name) or "__" in name:
            self.refuse(f"the name {name!r} is reserved", f"nama {name!r} tidak boleh dipakai")
        return name

    def function(self, name: str, arguments: list[ast.expr]) -> ast.expr:
        build = trees.FUNCTIONS.get((name, len(arguments)))
        if build is None or (self.dialect is not Dialect.FEEL and name != "len"):
            raise NotRun(
                self.source,
                f"the function {name}() is not available",
                f"fungsi {name}() tidak tersedia",
            )
        return build(*arguments)

    def postfix(self, value: ast.expr) -> ast.expr:
        while True:
            if self.accept("."):
                value = self.member(value)
            elif self.at("["):
                value = self.index(value)
            else:
                return value

    def member(self, value: ast.expr) -> ast.expr:
        if self.token.kind is not TokenKind.NAME:
            self.unexpected("a name is expected after the dot", "diharapkan nama setelah titik")
        name = self.take().text
        if self.accept("("):
            arguments = self.items(")")
            build = trees.METHODS.get((name, len(arguments)))
            if build is None:
                raise NotRun(
                    self.source,
                    f"the method .{name}() is not available; name the variable itself",
                    f"metode .{name}() tidak tersedia; sebutkan variabelnya langsung",
                )
            return build(value, *arguments)
        if "__" in name:
            self.refuse(f"the name {name!r} is reserved", f"nama {name!r} tidak boleh dipakai")
        return ast.Subscript(value, ast.Constant(name), ast.Load())

    def index(self, value: ast.expr) -> ast.expr:
        if self.dialect is Dialect.FEEL:
            raise NotRun(
                self.source,
                "FEEL filters and indexes [...] are not run",
                "saringan dan indeks FEEL [...] tidak dijalankan",
            )
        self.take()
        index = self.expression(_LOOSEST)
        self.expect("]")
        return ast.Subscript(value, index, ast.Load())

    # -- operators between two values

    def infix(self, power: int) -> Callable[[ast.expr], ast.expr] | None:
        """What to do with the value on the left, if an operator that binds at `power` follows."""
        if self.token.kind not in {TokenKind.OPERATOR, TokenKind.NAME}:
            return None
        text = self.token.text
        if self.dialect is not Dialect.FEEL:
            text = _WORDS.get(text, text)
        if power <= _OR and text in {"or", "||"}:
            return lambda left: self.junction(left, ast.Or(), _OR)
        if power <= _AND and text in {"and", "&&"}:
            return lambda left: self.junction(left, ast.And(), _AND)
        if text in _ARITHMETIC and power <= _ARITHMETIC[text][0]:
            return lambda left: self.arithmetic(left, text)
        if self.dialect is Dialect.PYTHON and power <= _LOOSEST and text == "if":
            return self.python_choice
        return self.comparison(power, text)

    def comparison(self, power: int, text: str) -> Callable[[ast.expr], ast.expr] | None:
        if self.dialect is Dialect.PYTHON:
            is_ours = power <= _EQUALITY and self.python_comparator(peek=True) is not None
            return self.python_chain if is_ours else None
        if self.dialect is Dialect.FEEL:
            is_ours = power <= _EQUALITY and self.at(*_FEEL_COMPARATORS)
            return self.feel_comparison if is_ours else None
        if power <= _EQUALITY and text in _EQUALITIES:
            return lambda left: self.juel_comparison(left, _EQUALITIES[text], _EQUALITY)
        if power <= _RELATION and text in _RELATIONS:
            return lambda left: self.juel_comparison(left, _RELATIONS[text], _RELATION)
        return None

    def junction(self, left: ast.expr, operator: ast.boolop, power: int) -> ast.expr:
        self.take()
        right = self.expression(power + 1)
        # One flat chain: a long list of alternatives is not a deep tree.
        if isinstance(left, ast.BoolOp) and type(left.op) is type(operator):
            return ast.BoolOp(operator, [*left.values, right])
        return ast.BoolOp(operator, [left, right])

    def arithmetic(self, left: ast.expr, text: str) -> ast.expr:
        self.take()
        power, operator = _ARITHMETIC[text]
        return ast.BinOp(left, operator(), self.expression(power + 1))

    def python_choice(self, chosen: ast.expr) -> ast.expr:
        self.take()
        test = self.expression(_OR)
        self.expect("else")
        return ast.IfExp(test, chosen, self.expression(_LOOSEST))

    def juel_comparison(self, left: ast.expr, operator: type[ast.cmpop], power: int) -> ast.expr:
        self.take()
        right = self.expression(power + 1)
        if power == _RELATION and (self.at(*_RELATIONS) or self.at("lt", "gt", "le", "ge")):
            self.refuse_chain()
        return ast.Compare(left, [operator()], [right])

    def feel_comparison(self, left: ast.expr) -> ast.expr:
        text = self.take().text
        right = self.expression(_SUM)
        if text == "between":
            self.expect("and")
            upper = self.expression(_SUM)
            return trees.between(left, right, upper)
        if self.at(*_FEEL_COMPARATORS):
            self.refuse_chain()
        return ast.Compare(left, [_FEEL_COMPARATORS[text]()], [right])

    def refuse_chain(self) -> NoReturn:
        self.refuse(
            "comparisons cannot be chained; join them with and",
            "perbandingan tidak dapat dirangkai; gabungkan dengan and",
        )

    def python_chain(self, left: ast.expr) -> ast.expr:
        operators: list[ast.cmpop] = []
        values: list[ast.expr] = []
        while (operator := self.python_comparator(peek=False)) is not None:
            operators.append(operator())
            values.append(self.expression(_SUM))
        return ast.Compare(left, operators, values)

    def python_comparator(self, *, peek: bool) -> type[ast.cmpop] | None:
        """The comparison that stands here, taken unless `peek`; some have two words."""
        text = _WORDS.get(self.token.text, self.token.text)
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)].text
        found: type[ast.cmpop] | None = None
        length = 1
        if self.token.kind not in {TokenKind.OPERATOR, TokenKind.NAME}:
            return None
        if text in _EQUALITIES or text in _RELATIONS:
            found = (_EQUALITIES | _RELATIONS)[text]
        elif text == "in":
            found = ast.In
        elif text == "is":
            found, length = (ast.IsNot, 2) if following == "not" else (ast.Is, 1)
        elif text == "not" and following == "in":
            found, length = ast.NotIn, 2
        if found is not None and not peek:
            self.position += length
        return found


_FEEL_COMPARATORS: dict[str, type[ast.cmpop]] = {
    "=": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "in": ast.In,
    "between": ast.LtE,
}
_INFIX_WORDS = frozenset({"and", "or", "in", "is", "not", "if", "else", *_WORDS})


_PREFIXES: dict[str, Callable[[_Parser], ast.expr]] = {
    "(": _Parser.parenthesis,
    "[": _Parser.list_display,
    "-": _Parser.minus,
    "!": _Parser.bang,
    "{": _Parser.empty_braces,
}
