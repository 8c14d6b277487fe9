"""A provider of texts on this machine: it agrees, lies, stalls, breaks off, or talks nonsense."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Storyteller:
    """``tell`` makes the text of a question; ``status`` 0 never answers, -1 breaks off, -2 drips."""

    port: int = 0
    status: int = 200
    raw: bytes | None = None
    tell: Callable[[str], str] = lambda question: json.dumps({"text": "All is well.", "stance": "agrees"})
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    awake: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def telling() -> Iterator[Storyteller]:
    """A storyteller that runs until the block ends."""
    seen = Storyteller()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if seen.status == 0:
                seen.awake.wait(20)
                return
            text = seen.tell(body["messages"][-1]["content"])
            if self.path.endswith("/v1/messages"):
                usage = {"input_tokens": 120, "output_tokens": 30}
                told: dict[str, Any] = {"content": [{"type": "text", "text": text}], "usage": usage}
            else:
                usage = {"prompt_tokens": 120, "completion_tokens": 30}
                told = {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage}
            raw = seen.raw if seen.raw is not None else json.dumps(told).encode()
            self.send_response(abs(seen.status) if seen.status > 0 else 200)
            self.send_header("Content-Length", str(len(raw) + (50 if seen.status < 0 else 0)))
            self.end_headers()
            if seen.status == -2:
                for i in range(len(raw)):
                    self.wfile.write(raw[i : i + 1])
                    self.wfile.flush()
                    if seen.awake.wait(0.05):
                        return
                return
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    seen.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        seen.awake.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
