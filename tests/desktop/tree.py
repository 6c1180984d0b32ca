"""Prints everything that a screen reader finds in the app's window, as JSON."""

import json

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402


def seen(text):
    """As a person reads it: the marks that isolate names are not seen."""
    return (text or "").translate({0x2068: None, 0x2069: None})


def walk(thing, found, depth=0):
    if thing is None or depth > 60:
        return
    try:
        states = [state.value_nick for state in thing.get_state_set().get_states()]
        content = thing.get_text_iface()
        text = Atspi.Text.get_text(content, 0, Atspi.Text.get_character_count(content)) if content else ""
        found.append({"role": thing.get_role_name(), "name": seen(thing.get_name()), "states": states, "text": seen(text)})
    except Exception:  # it went away while it was read
        return
    for child in children(thing):
        walk(child, found, depth + 1)


def children(thing):
    try:
        return [thing.get_child_at_index(index) for index in range(thing.get_child_count())]
    except Exception:  # it went away while it was read
        return []


Atspi.init()
found = []
for app in children(Atspi.get_desktop(0)):
    walk(app, found)
print(json.dumps(found))
