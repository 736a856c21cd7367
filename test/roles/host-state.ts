// What a host is, in lines that are told apart by their first word: what two hosts are compared by that two programs have made.

/** What is another on each host, or at each time, whatever a role does. */
const RANDOM = [
  '/etc/machine-id',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/ld.so.cache',
  '/etc/ssh/ssh_host_',
  '/etc/shadow',
  '/etc/gshadow',
  '/etc/apt/apt.conf.d/10lab',
  '/root/.ansible',
  '/root/.runbook',
  '/var/lib/runbook',
  '/var/lib/systemd/',
  '/var/lib/dpkg/',
  '/var/lib/apt/',
  '/var/lib/ucf/',
  '/var/cache/',
  '/var/log/',
  '/var/backups/',
  '/var/mail/',
  '/var/spool/',
]

const SCRIPT = `
dpkg-query -W -f 'package \${Package} \${Version} \${db:Status-Abbrev}\\n'
getent passwd | sed 's/^/account /'
getent group | sed 's/^/group /'
systemctl list-unit-files --no-legend --no-pager | awk '{ print "boot", $1, $2 }'
systemctl list-units --all --no-legend --no-pager --plain --type=service,socket,timer | awk '{ print "unit", $1, $3 }'
sysctl -a 2>/dev/null | grep -E '^(net.ipv[46].conf.(all|default)|fs.protected|kernel.(kptr|dmesg|randomize|sysrq|core_uses))' | sed 's/^/sysctl /'
find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -name __pycache__ \\) -prune -o \\
  \\( -type f -printf 'file %p %m %U:%G ' -exec sh -c 'sha256sum "$1" | cut -c1-16' sh {} \\; -o -type l -printf 'link %p %l\\n' -o -type d -printf 'folder %p %m %U:%G\\n' \\)
`

/** The lines of a host that say what it is. */
export const stateScript = SCRIPT

const isRandom = (path: string, more: string[]): boolean =>
  [...RANDOM, ...more].some(one => path.startsWith(one) || path === one.replace(/\/$/, ''))

/** The lines by what they are of; what is random by nature with its mode and owner alone. */
const facetsOf = (text: string, random: string[]): Map<string, string> =>
  new Map(
    text
      .split('\n')
      .filter(Boolean)
      .flatMap(line => {
        const [kind = '', name = '', ...rest] = line.split(' ')
        const isPath = ['file', 'link', 'folder'].includes(kind)
        if (isPath && isRandom(name, random)) return []
        return [[`${kind} ${name}`, rest.join(' ')] as const]
      }),
  )

/** What one host has otherwise than the other: `+` what only the first has, `-` only the second, `~` both, differently. */
export const differencesOf = (first: string, second: string, random: string[] = []): string[] => {
  const [ours, theirs] = [facetsOf(first, random), facetsOf(second, random)]
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].sort()
  return names.flatMap(name => {
    const [one, other] = [ours.get(name), theirs.get(name)]
    if (one === other) return []
    if (other === undefined) return [`+ ${name} ${one}`]
    return one === undefined ? [`- ${name} ${other}`] : [`~ ${name} ${one} | ${other}`]
  })
}
