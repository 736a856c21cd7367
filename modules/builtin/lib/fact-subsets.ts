/** The collectors that Ansible has, by the subsets that their facts are in here. Source: ansible lib/ansible/module_utils/facts. */
const collectors: Record<string, readonly string[]> = {
  apparmor: ['policies'],
  caps: ['capabilities'],
  chroot: ['root'],
  cmdline: ['kernelArguments'],
  date_time: ['clock'],
  distribution: ['distribution'],
  dns: ['resolver'],
  env: ['environment'],
  fibre_channel_wwn: ['initiators'],
  fips: ['policies'],
  hardware: ['processors', 'memory', 'board', 'disks', 'mountedFileSystems', 'volumes', 'uptime'],
  iscsi: ['initiators'],
  loadavg: ['uptime'],
  local: ['customFacts'],
  lsb: ['lsb'],
  network: ['network', 'localRoutes', 'initiators'],
  nvme: ['initiators'],
  pkg_mgr: ['packageManager'],
  platform: ['platform', 'fullNames', 'userspace', 'machineId'],
  python: ['python'],
  selinux: ['policies'],
  service_mgr: ['serviceManager'],
  ssh_pub_keys: ['hostKeys'],
  system_capabilities: ['capabilities'],
  systemd: ['systemd'],
  user: ['account'],
  virtual: ['virtualization'],
  interfaces: ['network'],
  default_ipv4: ['network'],
  default_ipv6: ['network'],
  all_ipv4_addresses: ['network'],
  all_ipv6_addresses: ['network'],
  devices: ['disks'],
  mounts: ['mountedFileSystems'],
  dmi: ['board'],
  processor: ['processors'],
}

/** What is gathered with everything else, unless it is left out by name. */
const least =
  'apparmor caps cmdline date_time distribution dns env fips local lsb pkg_mgr platform python selinux service_mgr ssh_pub_keys user'.split(
    ' ',
  )

const named = (name: string, all: readonly string[]): readonly string[] =>
  name === 'all' ? all : name === 'min' ? least.flatMap(one => collectors[one]!) : (collectors[name] ?? [])

/**
 * The subsets that a `gather_subset` stands for: `all` unless something is asked for by name, what `!name` takes away, and
 * the least ones, which only `!min` and `!all` take away.
 */
export const subsetsOf = (asked: string[], all: readonly string[]): string[] => {
  const without = asked.filter(one => one.startsWith('!')).map(one => one.slice(1))
  const wanted = asked.filter(one => !one.startsWith('!'))
  const isBare = without.includes('min')
  const base = wanted.length > 0 || without.includes('all') ? wanted : ['all']
  const found = new Set([...base, ...(isBare ? [] : ['min'])].flatMap(name => named(name, all)))
  for (const name of without.filter(one => one !== 'all' && !least.includes(one)))
    for (const subset of named(name, all))
      if (!wanted.some(one => named(one, all).includes(subset))) found.delete(subset)
  return all.filter(subset => found.has(subset))
}
