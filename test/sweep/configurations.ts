import { archiveMembers } from '../../src/artifact/inspect.ts'
import { createArtifactLock } from '../../src/artifact/lock.ts'
import { parseKnownHosts } from '../../src/connection/known-hosts.ts'
import { readAnsibleConfig } from '../../src/settings/ansible-config.ts'
import { createSshConfigReader } from '../../src/settings/ssh-config-reader.ts'
import { archives, kept, locks } from './corpus.ts'
import type { Kind } from './kinds.ts'
import { written } from './scratch.ts'

/** Files that are not of a playbook. */
export const configurations: readonly Kind[] = [
  {
    name: 'known-hosts',
    corpus: () => kept('known-hosts'),
    read: input => {
      const { find } = parseKnownHosts(input.toString('latin1'), 'known_hosts')
      for (const name of ['web1', '[web1]:2222', 'a.example.org', 'ü']) find(name)
    },
  },
  {
    name: 'ssh-config',
    corpus: () => kept('ssh-config'),
    place: 'ssh_config',
    read: input => createSshConfigReader(written('ssh_config', input))?.({ address: 'web1', said: [] }),
  },
  {
    name: 'ansible-config',
    corpus: () => kept('ansible-config'),
    place: 'ansible.cfg',
    read: input => readAnsibleConfig(written('ansible.cfg', input), {}),
  },
  {
    name: 'lock',
    corpus: locks,
    place: 'artifacts.lock',
    read: input => createArtifactLock(written('artifacts.lock', input)).get('kubo'),
  },
  // Whose archive it is says the task.
  { name: 'tar', corpus: archives, read: input => archiveMembers(written('archive.tar', input)) },
]
