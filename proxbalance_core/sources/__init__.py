"""Where inventory and metrics come from: Proxmox, the demo cluster, trace files."""
