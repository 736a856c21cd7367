"""Loads documents by Ansible's own loader: JSON lines in, JSON lines out. Run by yaml.ts."""
import base64
import datetime
import json
import os
import sys
import tempfile

os.environ.setdefault("ANSIBLE_DEPRECATION_WARNINGS", "False")
os.environ["TZ"] = "UTC"

from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import EncryptedString
from ansible.utils.display import Display
from ansible._internal._datatag._tags import TrustedAsTemplate

warned = []
Display.warning = lambda self, msg, *more, **named: warned.append(msg)
Display.deprecated = lambda self, msg, *more, **named: None


def written(value):
    """A value in JSON with its type: what JSON has itself as that, the rest as a mapping of one member."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, EncryptedString):
        return {"vault": value._ciphertext}
    if isinstance(value, str):
        return str(value) if TrustedAsTemplate.is_tagged_on(value) else {"unsafe": str(value)}
    if isinstance(value, int):
        return int(value) if abs(value) < 2**53 else {"int": str(int(value))}
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, (datetime.datetime, datetime.date)):
        return {"date": str(value)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {"map": [[written(key), written(one)] for key, one in value.items()]}
    if isinstance(value, set):
        return {"set": sorted((written(one) for one in value), key=str)}
    if isinstance(value, (list, tuple)):
        return [written(one) for one in value]
    return {type(value).__name__: str(value)}


with tempfile.TemporaryDirectory() as folder:
    for number, line in enumerate(sys.stdin):
        name = os.path.join(folder, f"{number}.yml")
        with open(name, "wb") as file:
            file.write(base64.b64decode(json.loads(line)))
        warned.clear()
        try:
            answer = {"value": written(DataLoader().load_from_file(name, cache="none", trusted_as_template=True, unsafe=True))}
            json.dumps(answer)
            twice = len([one for one in warned if "duplicate mapping key" in one])
            if twice:
                answer["twice"] = twice
        except RecursionError:
            answer = {"refused": "a value that contains itself"}
        except Exception as error:
            answer = {"refused": str(error).split("\n")[0].replace(name, "FILE")[:160]}
        print(json.dumps(answer, ensure_ascii=False))
