#!/usr/bin/env python3
"""Histories of config documents and what their conflicts come to, for `merges.json` beside this file.

A second implementation of merging, written from the protocol's description and sharing no code with core; only Python's
own library. Whoever changes a case runs `merges.py > merges.json`; `merges.py --check` says whether the file is what this
program gives. `core/tests/merges.rs` compares core with the file.

Each case has the texts of some revisions (`inputs`, hex), and what they come to, in whatever order they arrive:

    taken    the number of the one input that stands, as it is
    merged   the text of the merge by a device that had changes of its own: the merge's own diff is empty
    pushed   the text of the same merge by a device that had none: its own diff leads from nothing to the data

Data is written with Python's values: int, bytes, set, dict with bytes for keys.
"""

import hashlib
import itertools
import json
import pathlib
import sys

WINDOW = 5


# Bencode --------------------------------------------------------------------------------------------------------------

def text_of(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, (set, frozenset)):
        return b"l" + b"".join(map(text_of, in_order(value))) + b"e"
    if isinstance(value, list):
        return b"l" + b"".join(map(text_of, value)) + b"e"
    return b"d" + b"".join(text_of(key) + text_of(value[key]) for key in sorted(value)) + b"e"


def in_order(members):
    """Integers first."""
    return sorted(m for m in members if isinstance(m, int)) + sorted(m for m in members if isinstance(m, bytes))


def copied(value):
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return set(value) if isinstance(value, set) else value


def kind(value):
    return "dict" if isinstance(value, dict) else "set" if isinstance(value, set) else "scalar"


def pruned(data):
    """Without empty sets and dicts, from the leaves up."""
    result = {}
    for key, value in data.items():
        value = pruned(value) if isinstance(value, dict) else value
        if kind(value) == "scalar" or value:
            result[key] = value
    return result


# Diffs: b"" assigned, b"-" removed, [added, removed] of a set, a dict further down ------------------------------------

def diff(old, new):
    result = {}
    for key in old.keys() | new.keys():
        change = change_of(old.get(key), new.get(key))
        if change is not None:
            result[key] = change
    return result


def change_of(before, after):
    if after is None:
        return {"scalar": lambda: b"-", "dict": lambda: diff(before, {}), "set": lambda: [[], in_order(before)]}[kind(before)]()
    if before is None or kind(before) != kind(after):
        before = {"scalar": None, "dict": {}, "set": set()}[kind(after)]
    if kind(after) == "dict":
        return diff(before, after) or None
    if kind(after) == "set":
        added, removed = in_order(after - before), in_order(before - after)
        return [added, removed] if added or removed else None
    return None if type(before) is type(after) and before == after else b""


def replay(target, changes, source):
    for key, change in changes.items():
        means = "dict" if isinstance(change, dict) else "set" if isinstance(change, list) else "scalar"
        if key not in source or kind(source[key]) != means or change == b"-":
            target.pop(key, None)
        elif change == b"":
            target[key] = source[key]
        elif means == "dict":
            if kind(target.get(key, 0)) != "dict":
                target[key] = {}
            replay(target[key], change, source[key])
        else:
            if kind(target.get(key, 0)) != "set":
                target[key] = set()
            target[key] |= set(change[0])
            target[key] -= set(change[1])


# Revisions ------------------------------------------------------------------------------------------------------------

class Revision:
    def __init__(self, seqno, data, lags, own, unknown=None):
        self.seqno, self.data, self.own = seqno, data, own
        self.lags = {rank: lag for rank, lag in lags.items() if seqno - WINDOW < rank[0] < seqno}
        rows = [[number, hash_, self.lags[number, hash_]] for number, hash_ in sorted(self.lags)]
        outer = {b"#": seqno, b"&": data, b"<": rows, b"=": own, **(unknown or {})}
        self.text = text_of(outer)
        self.hash = hashlib.blake2b(self.text, digest_size=32).digest()

    @property
    def rank(self):
        return (self.seqno, self.hash)

    def then(self, change, unknown=None):
        """The revision after this one: `change` is the new data, or does something to it."""
        data = copied(self.data)
        data = pruned(copied(change) if isinstance(change, dict) else change(data) or data)
        return Revision(self.seqno + 1, data, {**self.lags, self.rank: self.own}, diff(self.data, data), unknown)

    def steps(self, *changes):
        revision = self
        for change in changes:
            revision = revision.then(change)
        return revision


EMPTY = Revision(0, {}, {}, {})
assert EMPTY.hash.hex() == "ea173b57beca8af18c3519a7bbf69c3e7a05d1c049fa9558341d8ebb48b0c965"


def start(seqno, data):
    """A document with a past that nobody knows any more."""
    return Revision(seqno, data, {}, {})


def put(**values):
    return lambda data: data.update({key.encode(): copied(value) for key, value in values.items()})


def drop(*keys):
    return lambda data: [data.pop(key.encode()) for key in keys] and None


def within(key, change):
    """A change inside the dict under `key`."""
    return lambda data: change(data.setdefault(key.encode(), {})) and None


def members(key, add=(), remove=()):
    def change(data):
        data[key.encode()] = (data.get(key.encode(), set()) | set(add)) - set(remove)
    return change


def same(_data):
    return None


# Merging --------------------------------------------------------------------------------------------------------------

def standing(inputs):
    """Those that count, the highest first."""
    newest = max(revision.seqno for revision in inputs)
    contained = {rank for revision in inputs for rank in revision.lags}
    counting = {r.rank: r for r in inputs if r.rank not in contained and r.seqno + WINDOW > newest}
    return [counting[rank] for rank in sorted(counting, reverse=True)]


def merge(inputs, dirty=False):
    tips = standing(inputs)
    if len(tips) == 1:
        return tips[0]
    known = {}
    for tip in tips:
        for rank, changes in [(tip.rank, tip.own), *tip.lags.items()]:
            known.setdefault(rank, (tip.data, changes))
    data = copied(tips[0].data)
    for rank in sorted(known):
        source, changes = known[rank]
        replay(data, changes, source)
    data = pruned(data)
    lags = {rank: changes for rank, (_, changes) in known.items()}
    return Revision(max(r.seqno for r in inputs) + 1, data, lags, {} if dirty else diff({}, data))


# Cases ----------------------------------------------------------------------------------------------------------------

CASES = []


def case(name, *inputs):
    outcomes = {tuple(merge(list(order), dirty).text for dirty in (True, False)) for order in itertools.permutations(inputs)}
    assert len(outcomes) == 1, name
    merged, pushed = outcomes.pop()
    texts = [revision.text for revision in inputs]
    told = {"taken": texts.index(merged)} if merged in texts else {"merged": merged.hex(), "pushed": pushed.hex()}
    assert all(other["name"] != name for other in CASES), name
    CASES.append({"name": name, "inputs": [text.hex() for text in texts], **told})


def gaps():
    """Two tips of which the higher went on alone."""
    base = start(7, {b"a": 1, b"b": 2, b"c": 3, b"s": {1, 2, b"x"}})
    for gap in range(1, 7):
        high = base.steps(*[put(a=10 + step, b=20 + step) for step in range(gap)], members("s", add=[gap]))
        low = base.steps(put(b=b"low", c=b"low"))
        case(f"{gap} generations apart", high, low)
        # The change right after the fork is in the data of the higher tip alone once it is five generations old.
        high = base.steps(put(old=b"first step", b=5), drop("c"), *[put(a=step) for step in range(gap + 1)])
        low = base.steps(put(d=4), put(e=5))
        case(f"{gap + 1} generations apart, what changed first is not listed any more", high, low)
    for gap in (3, 4):
        high = base.steps(*[put(a=step) for step in range(gap + 1)])
        lows = [base.then(put(b=value, **{f"only{value}": value})) for value in (30, 31, 32)]
        case(f"three that stayed behind by {gap} generations", high, *lows)
    high = base.steps(*[put(a=step) for step in range(7)])
    near, far = base.steps(*[put(b=step) for step in range(5)]), base.then(put(b=b"too late", z=1))
    case("of three tips one is six generations behind", high, near, far)
    far = base.steps(put(b=b"too late"), put(z=1))
    case("of three tips one is five generations behind", high, near, far)


def trimmed():
    """What stands in the lag list of one tip has left the window of another, or leaves it with the merge."""
    base = start(91, {b"k": b"oldest", b"n": 0})
    trunk = base.steps(put(k=b"old"), put(n=1), put(n=2))
    # The higher tip set k again and does not list that any more; the lower one still lists how it became old.
    high = trunk.steps(put(k=b"new"), *[put(n=step) for step in range(3, 8)])
    low = trunk.steps(put(m=1), put(m=2))
    case("an old change that only the lower tip lists", high, low)
    high = trunk.steps(drop("k"), *[put(n=step) for step in range(3, 8)])
    case("a removal that is not listed any more", high, low)
    # The low tip's lags reach four generations further back than the merge does.
    low = trunk.steps(put(m=1))
    high = trunk.steps(*[put(n=step, h=step) for step in range(5)])
    case("the lags of the lower tip leave the window", high, low)
    merged = merge([high, low])
    case("a merge goes on, and another one meets it", merged.steps(put(after=1), put(after=2)), high.steps(put(h=9), same))
    case("numbers cross a hundred", start(98, {b"a": 1}).steps(put(b=1), put(b=2)), start(98, {b"a": 1}).then(put(a=2)))
    # Both list the same revisions under the same hashes; each has its own later value.
    fork = base.steps(put(k=1), put(k=2), put(k=3))
    case("values come from the higher of two carriers", fork.steps(put(k=b"low")), fork.steps(put(n=9), put(k=b"high")))
    # In an honest history a later change is listed as long as an earlier one is; here nobody lists how the two came apart.
    shared = {(19, bytes(32)): {b"k": b"", b"gone": b"", b"back": b"", b"d": {b"x": b""}}}
    for gap in range(1, 4):
        low = Revision(20, {b"k": b"low", b"gone": b"low", b"d": {b"x": 1, b"y": 1}, b"never": 1}, shared, {})
        high = Revision(20 + gap, {b"k": b"high", b"back": b"high", b"d": {b"x": 2, b"y": 2}, b"never": 2}, shared, {b"z": b""})
        case(f"two carriers differ, {gap} generations apart", high, low)
        middle = Revision(20, {b"k": b"middle", b"gone": 0, b"back": {b"x": 1}, b"d": 3, b"m": 1}, shared, {b"m": b""})
        case(f"three carriers differ, {gap} generations apart", high, low, middle)
    case("a value that the higher carrier has removed", fork.steps(put(n=8), drop("k")), fork.steps(put(m=7)))
    case("a value that the lower carrier has removed", fork.steps(put(n=8), put(n=9)), fork.steps(drop("k")))


def containing():
    """Tips that contain others, and copies of them."""
    base = start(20, {b"a": 1, b"d": {b"x": 1, b"y": 2}})
    chain = [base]
    for step in range(5):
        chain.append(chain[-1].then(put(a=step, **{f"s{step}": step})))
    case("a chain is its last revision", *chain[1:5])
    case("a chain from its end to the fifth before it", *reversed(chain))
    other = chain[2].then(within("d", lambda d: d.update({b"x": 9})))
    case("a chain and a tip from its middle", chain[1], chain[2], chain[3], chain[4], other)
    case("a tip twice, and another", chain[4], other, chain[4])
    twin = chain[2].then(put(a=b"same number, other hash"))
    case("contained is only the same hash", chain[4], twin, chain[3])
    left, right = chain[3].then(put(left=1)), chain[3].then(put(right=1))
    merged = merge([left, right])
    case("a merge contains what it was made of", merged, left, right, chain[3])
    case("a merge and a tip that it does not know", merged, left, right, other)
    later = left.steps(put(left=2), put(left=3))
    case("one of two merged tips went on", merged, later)
    case("a merge went on, and so did a tip that it knows", merged.then(put(a=b"after")), later, right)


def emptied():
    """Sets and dicts of which each tip leaves something, and the merge nothing."""
    base = start(40, {b"s": {1, 2}, b"d": {b"deep": {b"t": {b"p", b"q"}}, b"u": {b"x": 1, b"y": 2}}, b"k": 1})
    case("a set", base.then(members("s", remove=[1])), base.then(members("s", remove=[2])))
    for ahead in (1, 3):
        high = base.steps(members("s", remove=[1]), *[put(k=step) for step in range(ahead)])
        case(f"a set, {ahead} generations apart", high, base.then(members("s", remove=[2])))
    one = base.then(within("d", within("deep", members("t", remove=[b"p"]))))
    two = base.then(within("d", within("deep", members("t", remove=[b"q"]))))
    case("a set with the dict around it", one, two)
    one = base.then(within("d", within("u", drop("x"))))
    two = base.then(within("d", within("u", drop("y"))))
    case("a dict", one, two)
    one, two = one.then(within("d", drop("deep"))), two.then(within("d", within("deep", members("t", add=[7]))))
    case("a dict that one tip removed, and the other filled", one, two)
    thirds = [start(50, {b"s": {1, 2, 3}}).then(members("s", remove=[gone])) for gone in (1, 2, 3)]
    case("a set, three ways", *thirds)
    case("a set, three ways, and a fourth tip that adds", *thirds, start(50, {b"s": {1, 2, 3}}).then(members("s", add=[4])))
    only = start(60, {b"s": {1}})
    case("everything", start(60, {b"s": {1, 2}}).then(members("s", remove=[1])), start(60, {b"s": {1, 2}}).then(members("s", remove=[2])))
    case("added here and removed there", only.steps(members("s", add=[2]), members("s", remove=[1])), only.then(members("s", add=[b"1", -1])))


def kinds():
    """A value becomes another kind in one tip while the other changes it; at once, and through a third kind."""
    values = {"scalar": [b"text", 42], "dict": [{b"x": 1, b"y": 2}, {b"x": 5}], "set": [{1, b"m"}, {1, 9}]}
    for (one, [before, _]), (two, [between, _]) in itertools.permutations(values.items(), 2):
        base = start(70, {b"k": before, b"n": 0})
        changed = base.then({b"k": values[one][1], b"n": 0})
        case(f"{one} becomes {two}, the other tip changes it", base.then(put(k=between)), changed)
        case(f"{one} becomes {two} long after", base.steps(put(n=1), put(n=2), put(n=3), put(k=between)), changed)
        there_and_back = base.steps(put(k=between), put(k=values[one][1]))
        case(f"{one} becomes {two} and comes back", there_and_back, base.steps(put(m=1), put(m=2), put(m=3)))
        case(f"{one} becomes {two} and comes back, beside a change", there_and_back, changed.steps(put(m=1), put(m=2)))
        through = base.steps(put(k=between), drop("k"), put(k=values[one][1]))
        case(f"{one} becomes {two}, goes, and comes", through, changed.steps(same, same, put(m=1)))
    # Whoever wrote these listed something else than their data has: it is taken out.
    for what, value in [("a dict", {b"x": 1}), ("a set", {1, 2}), ("nothing", None)]:
        data = {b"n": 1, **({} if value is None else {b"k": value})}
        odd = Revision(71, data, {}, {b"k": b"", b"n": b""})
        case(f"assigned is what the data has as {what}", odd, start(71, {b"n": 0, b"k": b"mine", b"z": 1}))
    odd = Revision(72, {b"k": 1, b"s": 2}, {}, {b"k": {b"x": b""}, b"s": [[1], []]})
    case("changed inside is what the data has as a scalar", odd, start(71, {b"k": {b"x": 0}, b"s": {1, 5}}))
    odd = Revision(72, {b"k": 1}, {}, {b"k": b"-"})
    case("removed is what the data has", odd, start(71, {b"k": 0, b"z": 0}))


def many():
    """Several tips at once, and merges of merges."""
    base = start(9, {b"a": 0, b"b": 0, b"c": 0, b"s": {0}})
    tips = [base.then(put(a=value, **{f"k{value}": value})).then(members("s", add=[value])) for value in range(4)]
    case("three tips", *tips[:3])
    case("four tips", *tips)
    case("three tips of different age", tips[0], tips[1].then(put(b=1)), tips[2].steps(put(b=2), put(c=2)))
    one, two, three = merge(tips[:2]), merge(tips[1:3]), merge(tips[2:])
    case("two merges that share a tip", one, two)
    case("three merges in a ring", one, two, three)
    case("merges by devices with and without changes", merge(tips[:2]), merge(tips[:2], dirty=True))
    case("two merges, and a tip that neither knows", one, two, tips[3].steps(put(a=-1), put(b=-1)))
    case("a merge of merges meets what went on", merge([one, two]), tips[0].steps(put(a=b"x"), put(a=b"y"), put(c=b"z")))
    odd = base.then(put(c=1), {b"%": b"newer", b";": [1]})
    case("what a newer client wrote beside the data goes", odd, tips[0])
    texts = {b"": b"", b"\x00\xff": b"\x00", b"a": -1, b"long" * 40: b"~" * 300}
    case("keys and values of all bytes", start(3, texts).then(put(a=-2)), start(3, texts).then({**texts, b"": b"filled"}))


class Dice:
    """The same numbers everywhere."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self, sides):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % sides

    def one_of(self, things):
        return things[self(len(things))]


def random_value(dice, depth):
    what = dice(6 if depth else 4)
    if what < 2:
        return dice(5) - 2
    if what == 2:
        return dice.one_of([b"", b"u", b"vv"])
    if what == 3:
        return {dice.one_of([-1, 3, b"p", b"q"]) for _ in range(1 + dice(3))}
    return {bytes([97 + dice(3)]): random_value(dice, depth - 1) for _ in range(1 + dice(2))}


def random_change(dice, data, depth=2):
    for _ in range(1 + dice(2)):
        key = bytes([97 + dice(5)])
        there = data.get(key)
        if isinstance(there, dict) and dice(3):
            random_change(dice, there, depth - 1)
        elif isinstance(there, set) and dice(3):
            data[key] = there ^ {dice.one_of([-1, 3, b"p", b"q"])}
        elif there is not None and not dice(4):
            del data[key]
        else:
            data[key] = random_value(dice, depth)


def at_random():
    for number in range(40):
        dice = Dice(1000 + number)
        change = lambda data: random_change(dice, data)
        trunk = start(dice(200), {bytes([97 + key]): random_value(dice, 2) for key in range(4)})
        trunk = trunk.steps(*[change] * dice(5))
        tips = [trunk.steps(*[change] * (1 + dice(5))) for _ in range(2 + dice(2))]
        if not dice(3):
            tips.append(merge(tips[:2], dirty=not dice(2)).steps(*[change] * dice(3)))
        case(f"history {number}", *tips)


def main():
    for cases in (gaps, trimmed, containing, emptied, kinds, many, at_random):
        cases()
    lines = ",\n".join(json.dumps(one) for one in CASES)
    text = f'{{"about": "Made by merges.py, which says what the fields are.",\n"cases": [\n{lines}\n]}}\n'
    if sys.argv[1:] == ["--check"]:
        sys.exit(text != pathlib.Path(__file__).with_name("merges.json").read_text())
    print(text, end="")


main()
