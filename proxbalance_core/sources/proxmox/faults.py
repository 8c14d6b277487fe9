"""Every fault of a Proxmox call as one of our errors, with a sentence that says what to do."""

from __future__ import annotations

import contextlib
import hashlib
import re
import ssl

import requests
from proxmoxer.core import ResourceException

from proxbalance_core.errors import (
    AuthenticationFailed,
    MalformedResponse,
    PermissionMissing,
    SourceError,
    SourceUnavailable,
)
from proxbalance_core.sources.proxmox.options import Address, ProxmoxOptions, normal_fingerprint

_DENIED = re.compile(r"\(\s*(/[^,\s)]*)\s*,\s*([A-Za-z.|, ]+?)\s*\)")


def certificate_fingerprint(host: str, port: int = 8006, timeout_s: float = 10.0) -> str:
    """The SHA-256 fingerprint of the certificate a host shows, to compare with the one on its own console.

    Raises
    ------
    SourceUnavailable
        When nothing answers there.
    """
    try:
        pem = ssl.get_server_certificate((host, port), timeout=timeout_s)
    except (OSError, ValueError) as error:
        raise SourceUnavailable(
            f"No certificate could be read from {host}:{port}: check the address and that pveproxy runs there.",
            host=host,
        ) from error
    return normal_fingerprint(hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest())


def from_answer(error: ResourceException, path: str, options: ProxmoxOptions) -> SourceError:
    """The error for an answer with a status of 400 and above."""
    status = int(error.status_code)
    # Proxmox says some things twice: in the status line and in the answer.
    said = " ".join(dict.fromkeys(str(part).strip() for part in (error.content, error.errors) if part))
    if status == 401:
        return AuthenticationFailed(
            f"Proxmox refused the credentials of {options.authid}: check the id and the secret, that the user is "
            "enabled and that the token has not expired.",
            status=status,
            path=path,
        )
    if status == 403:
        return _denied(said, path, options)
    if status >= 500:
        return _unable(status, said[:160] or "no reason given", path)
    return SourceError(f"Proxmox refused /{path} (status {status}: {said[:160]}).", status=status, path=path)


def _unable(status: int, said: str, path: str) -> SourceUnavailable:
    node = _node_of(path)
    if status >= 595 and node:
        text = (
            f"The cluster can't reach node {node} (status {status}: {said}): check that the node is up and its network "
            "works; it is asked again in the next round."
        )
    else:
        text = (
            f"Proxmox could not answer /{path} (status {status}: {said}): if it goes on, look at the log of pveproxy "
            "on the node; it is asked again in the next round."
        )
    return SourceUnavailable(text, status=status, path=path, node=node, said=said)


def _denied(said: str, path: str, options: ProxmoxOptions) -> PermissionMissing:
    found = _DENIED.search(said)
    where, privilege = (found.group(1), found.group(2)) if found else (f"/{path}", "")
    what = f"lacks {privilege} on {where}" if privilege else f"may not read {where}"
    return PermissionMissing(
        f"{options.authid} {what}: grant it with  {grant_command(privilege or 'Sys.Audit', where, options)}",
        status=403,
        privilege=privilege,
        path=where,
    )


def grant_command(privilege: str, path: str, options: ProxmoxOptions) -> str:
    """The ``pveum`` command, run as root on a node, that grants a privilege where it is missing."""
    whom = f"--users {options.user}"
    if options.token_name:  # a privilege-separated token has the intersection of its own and the user's rights
        whom += f" --tokens '{options.authid}'"
    if privilege == "VM.Migrate":
        role = "ProxBalanceMigrate"
        return f'pveum role add {role} --privs "VM.Migrate VM.Audit"; pveum acl modify {path} {whom} --roles {role}'
    return f"pveum acl modify {path} {whom} --roles PVEAuditor"


def from_transport(
    error: requests.RequestException, address: Address, path: str, options: ProxmoxOptions
) -> SourceError:
    """The error for a call that got no whole answer."""
    if isinstance(error, requests.exceptions.SSLError):
        return _certificate(error, address, options)
    if isinstance(error, requests.Timeout):
        text = (
            f"{address} did not answer /{path} within {options.timeout_s:g} s: check the network and the node's load."
        )
        return SourceUnavailable(text, host=str(address), path=path, node=_node_of(path))
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        text = (
            f"The answer of {address} to /{path} broke off in the middle: check the network and any proxy in between; "
            "it is asked again in the next round."
        )
        return MalformedResponse(text, host=str(address), path=path, node=_node_of(path))
    if isinstance(error, requests.TooManyRedirects):
        text = f"{address} sends /{path} elsewhere: give the address of the Proxmox API itself (port 8006)."
        return MalformedResponse(text, host=str(address), path=path)
    return SourceUnavailable(
        f"{address} could not be reached: check the address, the firewall and that pveproxy runs there.",
        host=str(address),
        path=path,
    )


def _certificate(error: requests.RequestException, address: Address, options: ProxmoxOptions) -> SourceUnavailable:
    shown = ""
    with contextlib.suppress(SourceUnavailable):
        shown = certificate_fingerprint(address.host, address.port, min(options.timeout_s, 10.0))
    if "fingerprint" in str(error).lower():
        hint = (
            f"The certificate of {address} is not the pinned one: if it was renewed, compare and pin {shown}; if not, "
            "someone may be in between."
        )
    else:
        tried = f" with {options.ca_file}" if options.ca_file else ""
        hint = (
            f"The certificate of {address} can't be verified{tried}: give the cluster's CA (/etc/pve/pve-root-ca.pem) "
            f"as CA file, or compare and pin its SHA-256 fingerprint {shown or '(not readable)'}."
        )
    return SourceUnavailable(hint, host=str(address), hint=hint, fingerprint=shown, certificate=True)


def _node_of(path: str) -> str:
    parts = path.split("/")
    return parts[1] if len(parts) > 1 and parts[0] == "nodes" else ""
