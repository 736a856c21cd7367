"""Evaluates expressions by Ansible itself: JSON lines in, JSON lines out. Run by golden.ts."""
import datetime
import json
import os
import sys

os.environ.setdefault("ANSIBLE_DEPRECATION_WARNINGS", "False")
os.environ.setdefault("ANSIBLE_SYSTEM_WARNINGS", "False")
os.environ.setdefault("ANSIBLE_LOCALHOST_WARNING", "False")
os.environ["TZ"] = "UTC"

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

init_plugin_loader()


def written(value):
    """A value in JSON with its type: what JSON has itself as that, the rest as a mapping of one member."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value) if abs(value) < 2**53 else {"int": str(int(value))}
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, (datetime.datetime, datetime.date)):
        return {"date": str(value)}
    if isinstance(value, dict):
        return {"map": [[written(key), written(one)] for key, one in value.items()]}
    if isinstance(value, (list, tuple)):
        return [written(one) for one in value]
    return {type(value).__name__: str(value)}


folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "playbook")
variables = json.loads(sys.stdin.readline())
loader = DataLoader()
loader.set_basedir(folder)
templar = Templar(loader, variables={**variables, "ansible_search_path": [folder]})
for line in sys.stdin:
    expression = json.loads(line)
    try:
        answer = {"value": written(templar.template(trust_as_template("{{ " + expression + " }}"), escape_backslashes=False))}
    except Exception as error:
        last = str(error).split("\n")[0]
        answer = {"refused": last[:160]}
    print(json.dumps(answer, ensure_ascii=False), flush=False)
