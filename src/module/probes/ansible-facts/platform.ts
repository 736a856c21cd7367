import { type FactValues, linesOf, type Section, type Subset } from './section.ts'

/** One process for all that `uname` knows; the version may hold blanks, the four others cannot. */
export const unameSection: Section = { name: 'uname', sh: 'uname -snrvm' }

export type Uname = { system: string; node: string; release: string; version: string; machine: string }
export const unameIn = (text: string): Uname => {
  const words = text.trimEnd().split(' ')
  const [system = '', node = '', release = ''] = words
  return {
    system,
    node,
    release,
    version: words.slice(3, -1).join(' '),
    machine: words.length > 4 ? words.at(-1)! : '',
  }
}

/** What Ansible calls the architecture: only the kernels of 32-bit PCs have another name there. */
export const architectureOf = (machine: string): string => (/i([3456]86|86pc)/.test(machine) ? 'i386' : machine)

export const platform: Subset = {
  facts: ['system', 'kernel', 'kernel_version', 'machine', 'architecture', 'hostname', 'nodename'],
  sections: [unameSection],
  make: printed => {
    const { system, node, release, version, machine } = unameIn(printed(unameSection))
    return {
      system,
      kernel: release,
      kernel_version: version,
      machine,
      architecture: architectureOf(machine),
      hostname: node.split('.')[0]!,
      nodename: node,
    }
  },
}

const bitsSection: Section = { name: 'bits', sh: 'getconf LONG_BIT || echo 64' }

export const userspace: Subset = {
  facts: ['userspace_bits', 'userspace_architecture'],
  sections: [unameSection, bitsSection],
  make: printed => {
    const { machine } = unameIn(printed(unameSection))
    const bits = printed(bitsSection).trim() === '32' ? '32' : '64'
    const isPc = machine === 'x86_64' || architectureOf(machine) === 'i386'
    return { userspace_bits: bits, ...(isPc ? { userspace_architecture: bits === '64' ? 'x86_64' : 'i386' } : {}) }
  },
}

/**
 * Who the machine's own name leads to, and by which names that address is known: as a resolver answers, and /etc/hosts
 * where no program asks one. Lines: the name, the address, its names.
 */
const namesSection: Section = {
  name: 'names',
  sh: `n=$(uname -n); printf '%s\\n' "$n"
a=$(getent ahosts "$n"); a=\${a%%[!0-9a-fA-F.:]*}
if [ -n "$a" ]; then printf '%s\\n' "$a"; getent hosts "$a"
else while read -r a w; do w=\${w%%#*}; case $a in \\#*|'') continue;; esac
for x in $w; do [ "$x" = "$n" ] && printf '%s\\n%s %s\\n' "$a" "$a" "$w" && break 2; done; done </etc/hosts; fi; :`,
}

/** The full name as Python's `socket.getfqdn` finds it: the first name of the machine's address that has a dot. */
const fullName = (text: string): string => {
  const [own = '', , entry = ''] = linesOf(text)
  const [canonical, ...aliases] = entry.trim().split(/\s+/).slice(1)
  if (canonical === undefined) return own
  return [canonical, ...aliases].find(name => name.includes('.')) ?? canonical
}

export const fullNames: Subset = {
  facts: ['fqdn', 'domain'],
  sections: [namesSection],
  make: printed => {
    const fqdn = fullName(printed(namesSection))
    return { fqdn, domain: fqdn.split('.').slice(1).join('.') }
  },
}

const machineIdSection: Section = {
  name: 'machine-id',
  sh: 'for f in /var/lib/dbus/machine-id /etc/machine-id; do v=; read -r v <$f; [ -n "$v" ] && echo "$v" && break; done; :',
}

export const machineId: Subset = {
  facts: ['machine_id'],
  sections: [machineIdSection],
  make: (printed): FactValues => {
    const id = printed(machineIdSection).trim()
    return id === '' ? {} : { machine_id: id }
  },
}
