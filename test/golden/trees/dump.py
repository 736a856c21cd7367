"""Parses texts by jinja2 itself, with the settings of Ansible: JSON lines in, trees as JSON lines out; its own time at the end."""
import json
import sys
import time

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
OPERATIONS = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**"}


def constant(value):
    if isinstance(value, bool) or value is None:
        return ["constant", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", repr(value)]
    return ["text", value]


def all_of(found):
    return [expression(one) for one in found]


def given(node):
    named = [[one.key, expression(one.value)] for one in node.kwargs]
    return [all_of(node.args), named, expression(node.dyn_args), expression(node.dyn_kwargs)]


EXPRESSIONS = {
    "Const": lambda n: constant(n.value),
    "Name": lambda n: ["name", n.name],
    "NSRef": lambda n: ["namespaced", n.name, n.attr],
    "List": lambda n: ["list", all_of(n.items)],
    "Tuple": lambda n: ["tuple", all_of(n.items)],
    "Dict": lambda n: ["mapping", [[expression(one.key), expression(one.value)] for one in n.items]],
    "Getattr": lambda n: ["attribute", expression(n.node), n.attr],
    "Getitem": lambda n: ["item", expression(n.node), expression(n.arg)],
    "Slice": lambda n: ["slice", expression(n.start), expression(n.stop), expression(n.step)],
    "Call": lambda n: ["call", expression(n.node), given(n)],
    "Filter": lambda n: ["filter", expression(n.node), n.name, given(n)],
    "Test": lambda n: ["test", expression(n.node), n.name, given(n)],
    "Neg": lambda n: ["sign", "-", expression(n.node)],
    "Pos": lambda n: ["sign", "+", expression(n.node)],
    "Not": lambda n: ["not", expression(n.node)],
    "And": lambda n: ["and", expression(n.left), expression(n.right)],
    "Or": lambda n: ["or", expression(n.left), expression(n.right)],
    "Compare": lambda n: ["compare", expression(n.expr), [[COMPARISONS[o.op], expression(o.expr)] for o in n.ops]],
    "Concat": lambda n: ["concat", all_of(n.nodes)],
    "CondExpr": lambda n: ["conditional", expression(n.test), expression(n.expr1), expression(n.expr2)],
}


def expression(node):
    if node is None:
        return None
    kind = type(node).__name__
    if kind in OPERATIONS:
        return ["operation", OPERATIONS[kind], expression(node.left), expression(node.right)]
    return EXPRESSIONS[kind](node)


def parameters(node):
    usual = [None] * (len(node.args) - len(node.defaults)) + all_of(node.defaults)
    return [[one.name, value] for one, value in zip(node.args, usual)]


def names(node):
    return [list(one) if isinstance(one, tuple) else [one, one] for one in node.names]


STATEMENTS = {
    "For": lambda n: ["for", expression(n.target), expression(n.iter), body(n.body), body(n.else_), expression(n.test), bool(n.recursive)],
    "If": lambda n: ["if", [[expression(one.test), body(one.body)] for one in [n, *n.elif_]], body(n.else_)],
    "Assign": lambda n: ["set", expression(n.target), expression(n.node)],
    "AssignBlock": lambda n: ["set-block", expression(n.target), expression(n.filter), body(n.body)],
    "Macro": lambda n: ["macro", n.name, parameters(n), body(n.body)],
    "CallBlock": lambda n: ["call-block", expression(n.call), parameters(n), body(n.body)],
    "FilterBlock": lambda n: ["filter-block", expression(n.filter), body(n.body)],
    "Block": lambda n: ["block", n.name, body(n.body), bool(n.scoped), bool(n.required)],
    "Extends": lambda n: ["extends", expression(n.template)],
    "Include": lambda n: ["include", expression(n.template), bool(n.ignore_missing), bool(n.with_context)],
    "Import": lambda n: ["import", expression(n.template), n.target, bool(n.with_context)],
    "FromImport": lambda n: ["from", expression(n.template), names(n), bool(n.with_context)],
    "With": lambda n: ["with", [[expression(a), expression(b)] for a, b in zip(n.targets, n.values)], body(n.body)],
}


def body(found):
    made = []
    for node in found:
        kind = type(node).__name__
        if kind != "Output":
            made.append(STATEMENTS[kind](node))
            continue
        for one in node.nodes:
            if not isinstance(one, nodes.TemplateData):
                made.append(["output", expression(one)])
            elif made and made[-1][0] == "data":
                made[-1][1] += one.data
            else:
                made.append(["data", one.data])
    return made


environment = SandboxedEnvironment(trim_blocks=True)
texts = [json.loads(line) for line in sys.stdin]
spent = 0.0
for text in texts:
    begin = time.process_time()
    try:
        tree = environment.parse(text)
    except (TemplateSyntaxError, RecursionError) as error:
        spent += time.process_time() - begin
        print(json.dumps(["fault", str(error)]))
        continue
    spent += time.process_time() - begin
    print(json.dumps(["ok", body(tree.body)]))
print(json.dumps(["time", spent * 1000]))
