"""Renders templates by Ansible itself, as its module `template` does: JSON lines in, JSON lines out. Run by templates.ts."""
import json
import os
import sys
import tempfile

os.environ.setdefault("ANSIBLE_DEPRECATION_WARNINGS", "False")
os.environ.setdefault("ANSIBLE_SYSTEM_WARNINGS", "False")
os.environ["TZ"] = "UTC"

from ansible.module_utils.common.text.converters import to_bytes
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

init_plugin_loader()

given = json.loads(sys.stdin.readline())
folder = tempfile.mkdtemp()
for name, text in given["files"].items():
    with open(os.path.join(folder, name), "w", newline="") as file:
        file.write(text)

overrides = dict(trim_blocks=True, lstrip_blocks=False, newline_sequence="\n")
for line in sys.stdin:
    text = json.loads(line)
    try:
        loader = DataLoader()
        templar = Templar(loader, variables=json.loads(json.dumps(given["variables"])))
        own = templar.copy_with_new_env(searchpath=[folder], available_variables=templar.available_variables)
        result = own.template(trust_as_template(text), escape_backslashes=False, overrides=overrides)
        answer = {"rendered": to_bytes("" if result is None else result).decode()}
    except Exception as error:
        answer = {"refused": str(error).split("\n")[0][:160]}
    print(json.dumps(answer, ensure_ascii=False))
