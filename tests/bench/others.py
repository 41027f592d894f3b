"""The programs that ours is measured against."""

import sys

_BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("bare and ready")
Bare().run()
"""
_OFFICIAL = """
from kubernetes import client, config
config.load_kube_config()
found = client.CoreV1Api().list_pod_for_all_namespaces().items
print(sum(1 for pod in found for status in pod.status.container_statuses or () if status.state.waiting))
"""
_RAW = """
import re
from kubernetes import config
from kubernetes.client import Configuration
import urllib3
config.load_kube_config()
given = Configuration.get_default_copy()
pool = urllib3.PoolManager(ca_certs=given.ssl_ca_cert, cert_file=given.cert_file, key_file=given.key_file)
token = ""
while True:
    fields = {"limit": "500", **({"continue": token} if token else {})}
    head = {"User-Agent": "raw", "Accept": "application/json", "Accept-Encoding": "gzip"}
    body = pool.request("GET", given.host + "/api/v1/pods", fields=fields, headers=head).data
    found = re.search(rb'"continue":"([^"]+)"', body[:2000])
    if not found:
        break
    token = found[1].decode()
"""

NOTHING = [sys.executable, "-c", "pass"]
BARE_APP = [sys.executable, "-c", _BARE]
"""Textual with one line of text: what no console made with it can be faster than."""
BARE_TEXT = "bare and ready"
OFFICIAL = [sys.executable, "-c", _OFFICIAL]
"""The official client's list of all pods."""
RAW = [sys.executable, "-c", _RAW]
"""The same pages as a scan's, over HTTP with a connection pool, not decoded."""
