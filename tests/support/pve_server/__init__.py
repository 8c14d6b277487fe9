"""A synthetic Proxmox cluster behind Proxmox's URLs: metrics, RRD, HA rules, permissions, faults."""

from tests.support.pve_server.app import PASSWORD, SECRET, TOKEN_ID, USER, Faults, PveServer
from tests.support.pve_server.cluster import FakeCluster
from tests.support.pve_server.serving import Running, make_certificate, running

__all__ = [
    "PASSWORD",
    "SECRET",
    "TOKEN_ID",
    "USER",
    "FakeCluster",
    "Faults",
    "PveServer",
    "Running",
    "make_certificate",
    "running",
]
