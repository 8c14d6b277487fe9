"""Work with a snapshot, or with one's own measurements, as if it were a cluster."""

from proxbalance_core.ui import header, upload

header.head("Open a file", "Work with a snapshot or with your own measurements as if it were a cluster.")
upload.drop()
