"""Runs the server in a thread or for the command line, with TLS and a certificate made for the occasion."""

from __future__ import annotations

import datetime
import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from tests.support.pve_server.app import SECRET, TOKEN_ID, PveServer


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and localhost: (certificate, key)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pve_server")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "pve.pem", folder / "pve.key"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


@dataclass
class Running:
    """A started server and how to reach it."""

    server: PveServer
    port: int
    ca_file: str

    @property
    def options(self) -> dict[str, str]:
        """Options of a connection that works."""
        return {"host": f"127.0.0.1:{self.port}", "token_id": TOKEN_ID, "ca_file": self.ca_file}

    @property
    def secret(self) -> str:
        return SECRET


def uvicorn_server(server: PveServer, port: int, tls: tuple[Path, Path] | None) -> uvicorn.Server:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # a dropped connection is meant
    files = {"ssl_certfile": str(tls[0]), "ssl_keyfile": str(tls[1])} if tls else {}
    config = uvicorn.Config(
        server.app(), host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off",
        http="h11", timeout_graceful_shutdown=1, **files,
    )  # fmt: skip
    return uvicorn.Server(config)


@contextmanager
def running(server: PveServer, folder: Path) -> Iterator[Running]:
    """Serve in a thread, with TLS, on a port of the system's choice."""
    tls = make_certificate(folder)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    uv = uvicorn_server(server, 0, tls)
    thread = threading.Thread(target=uv.run, args=([sock],), daemon=True)
    thread.start()
    while not uv.started:
        time.sleep(0.01)
    try:
        yield Running(server, sock.getsockname()[1], str(tls[0]))
    finally:
        uv.should_exit = True
        thread.join(10)
        sock.close()
