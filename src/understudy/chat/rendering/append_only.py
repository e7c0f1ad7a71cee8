"""Proves of a chat template that a further message can only add text, and marks its messages."""

from collections import Counter
from typing import TypeGuard

from jinja2 import nodes

MARK = "\ufdd1"
"""Stands before each message of a marked template's loop; a noncharacter, in no text."""

# What a loop may ask of its own course: nothing that a later message could change.
_PAST = {"first", "index", "index0", "previtem"}
_FLAG = "add_generation_prompt"


def mark_messages(template: nodes.Template) -> int | None:
    """Write MARK before each message and say what is proved, or None where nothing is.

    Proved is, for the returned count of messages or more: the text before an assistant's turn is
    the beginning of the text of any longer conversation, and what stands after the loop is the
    same for all conversations. That holds for a head that looks at the first messages only, one
    loop over the messages that looks neither ahead nor at their number, and a tail that looks at
    no message. A template that is not of this form is left as it is; it may be append-only all
    the same.
    """
    names = {"messages"} | _other_names_of_messages(template)
    loops = [
        at
        for at, node in enumerate(template.body)
        if isinstance(node, nodes.For) and _is_name_of(node.iter, names)
    ]
    if len(loops) != 1:
        return None
    loop, at = template.body[loops[0]], loops[0]
    assert isinstance(loop, nodes.For)
    is_proved = (
        not (loop.recursive or loop.test or loop.else_)
        and all(_looks_at_first_only(node, names) for node in template.body[:at])
        and all(_looks_back(node, names, is_inner=False) for node in loop.body)
        and all(_looks_at_no_message(node, template) for node in template.body[at + 1 :])
    )
    if not is_proved:
        return None
    loop.body.insert(0, nodes.Output([nodes.TemplateData(MARK)]))
    loop.body[0].set_lineno(loop.lineno)
    return _head_messages(template)


def _head_messages(template: nodes.Template) -> int:
    """Return a number of messages that no index, length or cut of the template reaches beyond."""
    numbers = [node.value for node in template.find_all(nodes.Const)]
    reached = [number for number in numbers if type(number) is int and number >= 0]
    return 1 + max(reached, default=0) + sum(_cut_starts(template))


def _cut_starts(template: nodes.Template) -> list[int]:
    starts = [cut.start for cut in template.find_all(nodes.Slice)]
    return [start.value for start in starts if _is_index(start)]


def _is_name_of(node: nodes.Node, names: set[str]) -> TypeGuard[nodes.Name]:
    return isinstance(node, nodes.Name) and node.name in names


def _is_index(node: nodes.Node | None) -> TypeGuard[nodes.Const]:
    return isinstance(node, nodes.Const) and type(node.value) is int and node.value >= 0


def _other_names_of_messages(template: nodes.Template) -> set[str]:
    """Return names that stand for the messages, all of them or without the first ones."""
    found: set[str] = set()
    for node in template.find_all(nodes.Assign):
        value = node.node
        if isinstance(value, nodes.Getitem) and isinstance(value.arg, nodes.Slice):
            value = value.node
        if _is_name_of(value, found | {"messages"}) and isinstance(node.target, nodes.Name):
            found.add(node.target.name)
    return found


def _looks_at_first_only(node: nodes.Node, names: set[str]) -> bool:
    """Whether all that this reads of the messages is settled by the first ones."""
    match node:
        case nodes.Getitem(node=inner, arg=nodes.Const() as index) if _is_name_of(inner, names):
            return _is_index(index)
        case nodes.Assign(target=nodes.Name(), node=value) if _is_name_of(value, names):
            return True
        case nodes.Assign(
            target=nodes.Name(),
            node=nodes.Getitem(node=inner, arg=nodes.Slice(stop=None, step=None) as cut),
        ) if _is_name_of(inner, names):
            return _is_index(cut.start)
        case nodes.Compare(
            expr=nodes.Filter(name="length" | "count", node=nodes.Name(name=name)),
            ops=[nodes.Operand(expr=bound)],
        ) if name in names:
            return _is_index(bound)
        case nodes.And(left=left, right=right) if _is_name_of(left, names):
            # As a truth value, the list says only whether there is a first message.
            return _looks_at_first_only(right, names)
        case nodes.Name(name=name):
            return name not in names and name != _FLAG
        case nodes.Macro() | nodes.Include() | nodes.Import() | nodes.FromImport():
            return False
        case _:
            return all(_looks_at_first_only(child, names) for child in node.iter_child_nodes())


def _looks_back(node: nodes.Node, names: set[str], *, is_inner: bool) -> bool:
    """Whether this reads nothing of later messages, or only whether tool results follow."""
    match node:
        case nodes.Or() if not is_inner and names == {"messages"} and _asks_where_tools_end(node):
            return True
        case nodes.Getitem(node=inner, arg=nodes.Const() as index) if _is_name_of(inner, names):
            return _is_index(index)
        case nodes.Getattr(node=nodes.Name(name="loop"), attr=attribute) if not is_inner:
            return attribute in _PAST
        case nodes.Name(name="loop"):
            return is_inner
        case nodes.Name(name=name):
            return name not in names and name != _FLAG
        case nodes.For():
            return _looks_back(node.iter, names, is_inner=is_inner) and all(
                _looks_back(child, names, is_inner=True) for child in [*node.body, *node.else_]
            )
        case nodes.Break() | nodes.Macro() | nodes.Include() | nodes.Import() | nodes.FromImport():
            return False
        case _:
            children = node.iter_child_nodes()
            return all(_looks_back(child, names, is_inner=is_inner) for child in children)


def _asks_where_tools_end(node: nodes.Or) -> bool:
    """Whether this is `loop.last or messages[loop.index0 + 1].role != "tool"`, or its mirror image.

    After the last message before an assistant's turn it is true with and without that turn.
    """
    match node:
        case nodes.Or(
            left=nodes.Getattr(node=nodes.Name(name="loop"), attr=edge)
            | nodes.Compare(
                expr=nodes.Getattr(node=nodes.Name(name="loop"), attr="index0" as edge),
                ops=[nodes.Operand(op="eq", expr=nodes.Const(value=0))],
            ),
            right=nodes.Compare(
                expr=nodes.Getattr(attr="role", node=neighbour)
                | nodes.Getitem(arg=nodes.Const(value="role"), node=neighbour),
                ops=[nodes.Operand(op="ne", expr=nodes.Const(value="tool"))],
            ),
        ):
            step = {"last": nodes.Add, "first": nodes.Sub, "index0": nodes.Sub}.get(edge)
            return step is not None and _is_neighbour(neighbour, step)
        case _:
            return False


def _is_neighbour(node: nodes.Node, step: type[nodes.BinExpr]) -> bool:
    match node:
        case nodes.Getitem(
            node=nodes.Name(name="messages"),
            arg=nodes.BinExpr(
                left=nodes.Getattr(node=nodes.Name(name="loop"), attr="index0"),
                right=nodes.Const(value=1),
            ) as index,
        ):
            return isinstance(index, step)
        case _:
            return False


def _looks_at_no_message(node: nodes.Node, template: nodes.Template) -> bool:
    """Whether this writes the same after every conversation."""
    names = {name.name for name in node.find_all(nodes.Name)}
    return names <= {_FLAG} | _fixed_names(template)


def _fixed_names(template: nodes.Template) -> set[str]:
    """Return names that stand for the same in every conversation of one model."""
    written = Counter(name.name for name in template.find_all(nodes.Name) if name.ctx != "load")
    fixed = {"bos_token", "eos_token"} - written.keys()
    for node in template.body:
        if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            names = {name.name for name in node.node.find_all(nodes.Name)}
            if names <= fixed and written[node.target.name] == 1:
                fixed.add(node.target.name)
    return fixed
