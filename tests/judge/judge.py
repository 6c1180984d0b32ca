"""A small driver around an independent Session client, so that a test can tell it what to do.

The client is the PyPI package `sessionpy-messenger` (nobody here wrote it; see requirements.txt), imported as it
is. This file reads one JSON object a line on stdin and answers with one JSON object a line on stdout:

    {"do": "open", "seed": "<32 hex digits>", "name": "Judy", "seeds": ["https://127.0.0.1:1234"],
     "file_server": {"host": "127.0.0.1", "x25519": "<64 hex digits>"}}       -> {"ok": true, "account_id": "05..."}
    {"do": "send", "to": "05...", "text": "hello"}                 -> {"ok": true, "timestamp": ms}
    {"do": "send", "to": "05...", "text": "yes", "reply_to": {"timestamp": ms, "author": "05...", "text": "..."},
     "expire_seconds": 3600, "expire_after_read": true}            -> the same; all but "to" and "text" may be left out
    {"do": "accept", "to": "05..."}                                -> {"ok": true}
    {"do": "react", "to": "05...", "timestamp": ms, "emoji": "...", "remove": false}  (to a message that "to" wrote)
    {"do": "read", "to": "05...", "timestamps": [ms]}              -> {"ok": true}; tells "to" that these were read
    {"do": "type", "to": "05...", "started": true}                 -> {"ok": true}
    {"do": "unsend", "to": "05...", "timestamp": ms}               -> {"ok": true}; a message of his own
    {"do": "timer", "to": "05...", "seconds": 3600, "after_read": true}              -> {"ok": true}
    {"do": "poll"}                 -> {"ok": true, "messages": [{"sender", "kind", "text", "name", "sync_target", ...}]}
    {"do": "quit"}                                                 -> {"ok": true}, and the process ends

`poll` answers only with what was not answered before. Whatever goes wrong comes back as {"ok": false, "error": "..."};
the process stays usable. What this client needs of a network: https seeds (certificates are not checked) that answer
`get_n_service_nodes`; `POST /onion_req/v2` with AES-GCM layers without `enc_type` and two relays before the
destination; `get_swarm`, `store` and `retrieve` of the storage RPC.
"""

import json
import os
import sys

# The test network is on loopback; a proxy of the machine must not be asked for it.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"

from pysession_client import mnemonic, network  # noqa: E402 - after the environment is set
from sessionpy import Session  # noqa: E402


COMMANDS = ("open", "send", "accept", "react", "read", "type", "unsend", "timer", "poll")


class Judge:
    """One account of the independent client."""

    def __init__(self):
        self.session = None
        self.last_hash = ""

    def open(self, command):
        """Points the package at the network and opens the account of a 16-byte seed."""
        network.SEED_NODES = list(command["seeds"])
        server = command.get("file_server")
        if server:
            network.FILE_SERVER_HOST = server["host"]
            network.FILE_SERVER_X25519_PK = server["x25519"]
        session = Session(mnemonic.encode(bytes.fromhex(command["seed"])))
        session.set_display_name(command["name"], publish=False)
        self.session, self.last_hash = session, ""
        return {"account_id": session.get_session_id()}

    def send(self, command):
        """Sends a text, and the copy to the account's own swarm, as the package does it."""
        sent = self.session.send_message(
            command["to"],
            command["text"],
            reply_to_message=command.get("reply_to"),
            expire_seconds=command.get("expire_seconds"),
            expire_after_read=command.get("expire_after_read", False),
        )
        return {"timestamp": sent["timestamp"]}

    def accept(self, command):
        """Answers a message request."""
        self.session.accept_conversation_request(command["to"])
        return {}

    def react(self, command):
        """Puts an emoji on a message, or takes it away."""
        change = self.session.remove_reaction if command.get("remove") else self.session.add_reaction
        change(command["timestamp"], command["to"], command["emoji"])
        return {}

    def read(self, command):
        """Tells that messages were read."""
        self.session.mark_messages_as_read(command["to"], command["timestamps"])
        return {}

    def type(self, command):
        """Tells that typing started or stopped."""
        tell = self.session.show_typing_indicator if command["started"] else self.session.hide_typing_indicator
        tell(command["to"])
        return {}

    def unsend(self, command):
        """Withdraws a message of his own."""
        self.session.delete_message(command["to"], command["timestamp"])
        return {}

    def timer(self, command):
        """Lets what he writes disappear; only the lower half of the package can."""
        client = self.session._require_client()
        client.set_disappearing_timer(command["to"], command["seconds"], command["after_read"])
        return {}

    def poll(self, _command):
        """Fetches, opens and checks what arrived since the last poll."""
        messages = self.session.poll(last_hash=self.last_hash)
        if messages:
            self.last_hash = messages[-1]["hash"] or self.last_hash
        return {"messages": [
            {
                "sender": message["sender_session_id"],
                "kind": message["type"],
                "text": message["body"],
                "timestamp": message["timestamp"],
                "name": (message["profile"] or {}).get("display_name"),
                "sync_target": message["sync_target"],
                "reaction": message["reaction"],
                "read": message["read_timestamps"],
                "typing": message["typing"],
                "deleted": message["deleted_timestamp"],
                "reply_to": message["reply_to_message"],
                "expire_seconds": message["expire_seconds"],
                "expire_after_read": message["expire_after_read"],
            }
            for message in messages
        ]}


def main():
    judge = Judge()
    commands = {name: getattr(judge, name) for name in COMMANDS}
    for line in sys.stdin:
        try:
            command = json.loads(line)
            if command["do"] == "quit":
                answer = {"ok": True}
            elif command["do"] != "open" and judge.session is None:
                answer = {"ok": False, "error": "no account is open"}
            elif command["do"] not in commands:
                answer = {"ok": False, "error": f"unknown command {command['do']}"}
            else:
                answer = {"ok": True, **commands[command["do"]](command)}
        except Exception as error:  # the driver must survive whatever the package raises
            command, answer = {}, {"ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
        if command.get("do") == "quit":
            return


if __name__ == "__main__":
    main()
