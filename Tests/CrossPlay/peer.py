"""The other end of the cross-play tests: the Python package astm (astm-2025), which is not ours.

    peer.py client PORT MODE   sends what stands on standard input, as JSON: a list of messages, each a list of records,
                               each a list of fields; MODE is records, bulk or chunks
    peer.py server             prints its port, then each message received as a JSON line: a list of records
"""

import json
import sys

from astm.asynclib import loop
from astm.client import Client
from astm.server import BaseRecordsDispatcher, Server


def client(port, mode):
    messages = json.load(sys.stdin)

    def emitter():
        for message in messages:
            for record in message:
                accepted = yield record
                print(json.dumps(bool(accepted)), flush=True)

    options = {"records": {}, "bulk": {"bulk_mode": True}, "chunks": {"bulk_mode": True, "chunk_size": 40}}[mode]
    Client(emitter, host="127.0.0.1", port=port, encoding="latin-1", timeout=20, **options).run(timeout=0.1)


class Printing(BaseRecordsDispatcher):
    def __init__(self, encoding=None):
        super().__init__("latin-1")
        self.message = []

    def wrap(self, record):
        self.message.append(record)
        if record[0] == "L":
            print(json.dumps(self.message), flush=True)
            self.message = []
        return record

    def _default_handler(self, record):
        pass


def server():
    listener = Server(host="127.0.0.1", port=0, dispatcher=Printing, timeout=30)
    print(listener.socket.getsockname()[1], flush=True)
    loop(0.1)


if __name__ == "__main__":
    if sys.argv[1] == "client":
        client(int(sys.argv[2]), sys.argv[3])
    else:
        server()
