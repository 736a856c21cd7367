"""Makes facts of this host by Ansible's own collectors, as JSON. Run by facts.ts, in a place where files of /etc and /proc are others."""
import json
import os
import sys

os.environ["LC_ALL"] = "C.UTF-8"

from ansible.module_utils import basic
from ansible.module_utils.facts import ansible_collector, default_collectors
from ansible.module_utils.facts.namespace import PrefixFactNamespace

parameters = {"_ansible_socket": None, "_ansible_remote_tmp": "/tmp", "fact_path": "/etc/ansible/facts.d"}
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": parameters}).encode()
try:
    from ansible.module_utils.testing import patch_module_args
    with patch_module_args(parameters):
        module = basic.AnsibleModule(argument_spec={"fact_path": {"type": "path"}})
except ImportError:
    module = basic.AnsibleModule(argument_spec={"fact_path": {"type": "path"}})

collector = ansible_collector.get_ansible_collector(
    all_collector_classes=default_collectors.collectors,
    namespace=PrefixFactNamespace(namespace_name="ansible", prefix="ansible_"),
    gather_subset=sys.argv[1].split(","),
    gather_timeout=10,
    minimal_gather_subset=frozenset(),
)
facts = {name.removeprefix("ansible_"): value for name, value in collector.collect(module=module).items()}
for name in ("gather_subset", "module_setup"):
    facts.pop(name, None)
# The order of what Python keeps in a set, or of a folder, is no answer.
for name in ("virtualization_tech_guest", "virtualization_tech_host", "interfaces"):
    if name in facts:
        facts[name] = sorted(facts[name])
print(json.dumps(facts, sort_keys=True, default=list))
