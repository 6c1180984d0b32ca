"""A notification server that shows nothing: prints every notification, and what is taken away, as a line of JSON.

A line on its input is what a person does: `action ID KEY` or `reply ID TEXT`.
"""

import json
import sys

from gi.repository import Gio, GLib

INTERFACE = """
<node><interface name="org.freedesktop.Notifications">
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
    <arg type="u" direction="out"/>
  </method>
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
  <signal name="NotificationReplied"><arg type="u"/><arg type="s"/></signal>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
</interface></node>
"""


def called(_bus, _sender, _path, _interface, method, arguments, invocation):
    if method == "Notify":
        global last
        program, replaced, _, title, text, actions, _, _ = arguments.unpack()
        last = replaced or last + 1
        shown = {"program": program, "title": title, "text": text, "actions": actions, "id": last}
        print(json.dumps(shown), flush=True)
        invocation.return_value(GLib.Variant("(u)", (last,)))
    elif method == "GetCapabilities":
        invocation.return_value(GLib.Variant("(as)", (["body", "body-markup", "actions", "inline-reply"],)))
    elif method == "GetServerInformation":
        invocation.return_value(GLib.Variant("(ssss)", ("test", "test", "1", "1.2")))
    else:
        print(json.dumps({"closed": arguments.unpack()[0]}), flush=True)
        invocation.return_value(None)


def does(_channel, _condition):
    what, note, word = sys.stdin.readline().rstrip("\n").split(" ", 2)
    signal = {"action": "ActionInvoked", "reply": "NotificationReplied"}[what]
    values = GLib.Variant("(us)", (int(note), word))
    bus.emit_signal(None, "/org/freedesktop/Notifications", "org.freedesktop.Notifications", signal, values)
    # Desktops close what was answered at once.
    closed = GLib.Variant("(uu)", (int(note), 2))
    bus.emit_signal(None, "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "NotificationClosed", closed)
    return True


last = 0


bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.register_object(
    "/org/freedesktop/Notifications", Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], called, None, None
)
Gio.bus_own_name_on_connection(
    bus, "org.freedesktop.Notifications", Gio.BusNameOwnerFlags.NONE, lambda *_: print("{}", flush=True), None
)
GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, does)
GLib.MainLoop().run()
