"""Writes what is Jinja in repositories, each text once, as JSON lines: `extract.py FOLDER...`, each a git directory."""
import json
import subprocess
import sys

import yaml

CONDITIONS = {"when", "until", "changed_when", "failed_when", "that"}


class AnyTag(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads what has a tag as nothing: `!vault` and its like hold no template."""


AnyTag.add_multi_constructor("", lambda loader, tag, node: None)


def git(folder, *arguments):
    return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=True).stdout


def files_of(folder):
    """Name and text of each file that may hold a template."""
    wanted = []
    for line in git(folder, "ls-tree", "-r", "-z", "HEAD").split(b"\0"):
        if not line:
            continue
        about, name = line.split(b"\t", 1)
        mode, kind, digest = about.decode().split()
        path = name.decode(errors="replace")
        is_template = "/templates/" in "/" + path or path.endswith(".j2")
        if mode.startswith("100") and (is_template or path.endswith((".yml", ".yaml"))):
            wanted.append((digest, is_template))
    asked = "\n".join(digest for digest, _ in wanted).encode()
    process = subprocess.run(["git", "-C", folder, "cat-file", "--batch"], input=asked, capture_output=True, check=True)
    rest = process.stdout
    for _, is_template in wanted:
        head, rest = rest.split(b"\n", 1)
        if head.endswith(b"missing"):
            continue
        size = int(head.split()[-1])
        content, rest = rest[:size], rest[size + 1 :]
        try:
            yield is_template, content.decode()
        except UnicodeDecodeError:
            continue


def texts_in(value, key=None):
    """Templates and conditions in what a file of YAML holds."""
    if isinstance(value, str):
        if "{{" in value or "{%" in value:
            yield value
        elif key in CONDITIONS:
            yield "{{ " + value + " }}"
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one, key)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from texts_in(name)
            yield from texts_in(one, name)


seen = set()
for folder in sys.argv[1:]:
    for is_template, text in files_of(folder):
        found = [text] if is_template else []
        if not is_template and ("{{" in text or "{%" in text or "when" in text or "that" in text):
            try:
                found = [one for document in yaml.load_all(text, AnyTag) for one in texts_in(document)]
            except Exception:
                continue
        for one in found:
            if one not in seen:
                seen.add(one)
                print(json.dumps(one))
