/** A public role that is tried, unmodified. */
export type Trial = {
  name: string
  /** Its public repository, and the folder of the role in it where that is not the whole. */
  repository: string
  folder?: string
  /** The collection that the repository is, for roles that name each other by it. */
  collection?: string
  /** What a person who uses it sets. */
  vars?: Record<string, unknown>
  /** What a container cannot do in it: both programs have to fail, or skip, alike. */
  cannot?: string
  /** What is random by nature in what it makes: compared by mode and owner. */
  random?: string[]
}

const geerlingguy = (name: string, more: Partial<Trial> = {}): Trial => ({
  name,
  repository: `geerlingguy/ansible-role-${name}`,
  ...more,
})
const hardening = (name: string, more: Partial<Trial> = {}): Trial => ({
  name,
  repository: 'dev-sec/ansible-collection-hardening',
  folder: `roles/${name}`,
  collection: 'devsec.hardening',
  ...more,
})

/** Source: the issue that asks for them; what they need on hosts was measured with Ansible on the same. */
export const trials: Trial[] = [
  geerlingguy('git'),
  geerlingguy('pip'),
  geerlingguy('ntp'),
  geerlingguy('nginx'),
  geerlingguy('redis'),
  geerlingguy('memcached'),
  geerlingguy('haproxy'),
  geerlingguy('apache'),
  geerlingguy('postfix'),
  geerlingguy('nfs', { cannot: 'a container has no nfsd' }),
  geerlingguy('swap', { cannot: 'a container has no swap and a read-only /proc/sys' }),
  geerlingguy('php', { vars: { php_default_version_debian: '8.2' } }),
  geerlingguy('security', { random: ['/var/lib/fail2ban/'] }),
  geerlingguy('firewall'),
  hardening('os_hardening', { cannot: 'a container has a read-only /proc/sys' }),
  hardening('ssh_hardening'),
  {
    name: 'users',
    repository: 'robertdebock/ansible-role-users',
    vars: { users: [{ name: 'ann', uid: 2001 }, { name: 'bob' }] },
  },
  { name: 'fail2ban', repository: 'robertdebock/ansible-role-fail2ban', random: ['/var/lib/fail2ban/'] },
  {
    name: 'logrotate',
    repository: 'nickhammond/ansible-logrotate',
    vars: { logrotate_scripts: [{ name: 'app', path: '/var/log/app/*.log', options: ['weekly', 'rotate 3'] }] },
  },
]
