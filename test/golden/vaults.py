# Encrypts with Ansible's own code: a case a line in, the vault that it makes of it a line out. All bytes are in hex.
import json
import sys

from ansible.parsing.vault import VaultLib, VaultSecret

for line in sys.stdin:
    case = json.loads(line)
    secret = VaultSecret(bytes.fromhex(case["password"]))
    vault = VaultLib([]).encrypt(
        bytes.fromhex(case["plain"]), secret, vault_id=case.get("id"), salt=bytes.fromhex(case["salt"])
    )
    print(json.dumps(vault.decode()))
