"""Reads inventories by Ansible itself: JSON lines in, JSON lines out. Run by inventories.ts."""
import json
import os
import stat
import sys
import tempfile

os.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "False"
os.environ["ANSIBLE_LOCALHOST_WARNING"] = "False"
os.environ["ANSIBLE_INVENTORY_UNPARSED_WARNING"] = "False"

from ansible import context
from ansible._internal._json._profiles import _inventory_legacy
from ansible.cli.inventory import InventoryCLI
from ansible.inventory import group as group_file
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, vars_loader
from ansible.template import trust_as_template
from ansible.utils import vars as vars_file
from ansible.utils.display import Display
from ansible.vars.manager import VariableManager
from yaml.representer import SafeRepresenter


class Ordered(dict):
    """A set that keeps its order: where Ansible goes through groups by the places of their objects in memory, this says which."""

    def __init__(self, items=()):
        super().__init__((item, None) for item in items)

    def add(self, item):
        self[item] = None

    def update(self, items):
        for item in items:
            self[item] = None

    def difference_update(self, items):
        for item in list(items):
            self.pop(item, None)

    def copy(self):
        return Ordered(self)


group_file.set = Ordered
# What several hosts have from one group is written out for each.
SafeRepresenter.ignore_aliases = lambda self, data: True
init_plugin_loader()
Display.display = lambda self, text, *args, **more: None
Display.warning = lambda self, text, *args, **more: None
Display.error = lambda self, text, *args, **more: None
Display.error_as_warning = lambda self, *args, **more: None


def fresh_vars_plugins():
    """What they have seen of folders belongs to the inventory before."""
    for plugin in list(vars_loader._plugin_instance_cache or {}):
        loaded = vars_loader.get(plugin)
        for name in ("FOUND", "NAK", "CANONICAL_PATHS"):
            found = getattr(sys.modules[type(loaded.object if hasattr(loaded, "object") else loaded).__module__], name, None)
            if found is not None:
                found.clear()


def options(case, **more):
    cliargs = {
        "subset": case.get("limit"), "export": False, "yaml": False, "toml": False, "basedir": case.get("playbook"),
        "show_vars": False, "pattern": "all", "extra_vars": case.get("extra", ()), "inventory": case["sources"],
        "verbosity": 0,
    }
    cliargs.update(more)
    context.CLIARGS = ImmutableDict(cliargs)


def absolute(source):
    """As the command line makes it."""
    return source if "," in source else os.path.abspath(source)


def answer(case):
    case["sources"] = [absolute(source) for source in case["sources"]]
    case["extra"] = [trust_as_template(extra) for extra in case.get("extra", [])]
    if case.get("playbook"):
        case["playbook"] = os.path.abspath(case["playbook"])
    options(case)
    loader = DataLoader()
    if case.get("playbook"):
        loader.set_basedir(case["playbook"])
    failed = []
    original = InventoryManager.parse_source

    def parse_source(self, source, cache=False):
        parsed = original(self, source, cache)
        if not parsed and not os.path.isdir(source):
            failed.append(source)
        return parsed

    InventoryManager.parse_source = parse_source
    try:
        inventory = InventoryManager(loader=loader, sources=list(case["sources"]))
    finally:
        InventoryManager.parse_source = original
    if failed:
        return {"refused": True}
    cli = InventoryCLI(["ansible-inventory"])
    cli.loader, cli.inventory = loader, inventory
    for name in ("load_extra_vars", "load_options_vars"):
        holder = getattr(vars_file, name)
        for attribute in ("extra_vars", "options_vars"):
            if hasattr(holder, attribute):
                delattr(holder, attribute)
    cli.vm = VariableManager(loader=loader, inventory=inventory, version_info={})
    if case.get("limit"):
        inventory.subset(case["limit"])
    top = cli._get_group("all")
    found = {}
    listing = cli.json_inventory(top)
    del listing["_meta"]["profile"]
    for form in case["forms"]:
        if form == "list":
            found[form] = json.dumps(listing, cls=_inventory_legacy.Encoder, sort_keys=True)
        elif form == "yaml":
            options(case, yaml=True)
            found[form] = cli.dump(cli.yaml_inventory(top))
        elif form == "graph":
            options(case, show_vars=True)
            found[form] = cli.inventory_graph()
        elif form == "export":
            options(case, export=True)
            exported = cli.json_inventory(top)
            del exported["_meta"]["profile"]
            found[form] = json.dumps(exported, cls=_inventory_legacy.Encoder, sort_keys=True)
        options(case)
    if case.get("limit"):
        inventory.subset(None)
    patterns = []
    for pattern in case.get("patterns", []):
        try:
            hosts = [host.name for host in inventory.get_hosts(pattern)]
            patterns.append(" ".join(hosts))
        except Exception:
            patterns.append(None)
    if patterns:
        found["patterns"] = patterns
    return found


for line in sys.stdin:
    case = json.loads(line)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in case["files"].items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            if text.startswith("#!"):
                os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        os.chdir(folder)
        fresh_vars_plugins()
        print(json.dumps(answer(case), ensure_ascii=False), flush=True)
        os.chdir("/")
