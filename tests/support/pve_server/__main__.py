"""``python -m tests.support.pve_server --port 18006``: a cluster to connect to, on 127.0.0.1 only."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.support.pve_server.app import SECRET, TOKEN_ID, PveServer
from tests.support.pve_server.cluster import FakeCluster
from tests.support.pve_server.serving import make_certificate, uvicorn_server


def main() -> None:
    parser = argparse.ArgumentParser(prog="pve_server", description=__doc__)
    parser.add_argument("--port", type=int, default=18006)
    parser.add_argument("--nodes", type=int, default=5)
    parser.add_argument("--guests", type=int, default=40)
    parser.add_argument("--pve", type=int, choices=(8, 9), default=9, help="which Proxmox VE it answers as")
    parser.add_argument("--plain", action="store_true", help="HTTP without TLS, for a proxy in front")
    parser.add_argument("--cert-dir", type=Path, help="where the certificate is put (default: a new folder)")
    args = parser.parse_args()
    server = PveServer(FakeCluster(args.nodes, args.guests, version=args.pve))
    tls = None if args.plain else make_certificate(args.cert_dir or Path(tempfile.mkdtemp(prefix="pve_server-")))
    print(f"{'http' if args.plain else 'https'}://127.0.0.1:{args.port}  token {TOKEN_ID}  secret {SECRET}")  # noqa: T201
    if tls:
        print(f"CA file {tls[0]}", flush=True)  # noqa: T201
    uvicorn_server(server, args.port, tls).run()


if __name__ == "__main__":
    main()
