import {
  administratorsPath,
  type FactValues,
  linesOf,
  numberIn,
  readLine,
  type Section,
  type Subset,
  valuesIn,
} from './section.ts'

const policySection: Section = {
  name: 'policy',
  sh: `${readLine}
[ -e /sys/kernel/security/apparmor ] && echo apparmor=yes
r fips /proc/sys/crypto/fips_enabled
for d in /sys/fs/selinux /selinux; do [ -e $d/enforce ] && echo selinux=yes && r enforce $d/enforce && r policyvers $d/policyvers && break; done
while read -r l; do case $l in SELINUX=*|SELINUXTYPE=*) printf '%s\\n' "$l";; esac; done </etc/selinux/config; :`,
}

/** What the kernel knows is asked of it; no library of the host's is needed. */
const selinuxOf = (values: Map<string, string>): FactValues => {
  if (!values.has('selinux')) return { status: 'disabled' }
  const enforce = values.get('enforce')
  const configured = values.get('SELINUX') ?? ''
  return {
    status: 'enabled',
    policyvers: numberIn(values.get('policyvers')) ?? 'unknown',
    config_mode: ['enforcing', 'permissive', 'disabled'].includes(configured) ? configured : 'unknown',
    mode: enforce === '1' ? 'enforcing' : enforce === '0' ? 'permissive' : 'unknown',
    type: values.get('SELINUXTYPE') ?? 'unknown',
  }
}

export const policies: Subset = {
  facts: ['selinux', 'selinux_python_present', 'apparmor', 'fips'],
  sections: [policySection],
  make: printed => {
    const values = valuesIn(printed(policySection))
    return {
      selinux: selinuxOf(values),
      selinux_python_present: true,
      apparmor: { status: values.has('apparmor') ? 'enabled' : 'disabled' },
      fips: values.get('fips') === '1',
    }
  },
}

/** Whether the first process has another root; who may not look there goes by the number that a file system's root has. */
const rootSection: Section = {
  name: 'root',
  sh: `[ -n "$debian_chroot" ] && echo yes && exit
if [ -e /proc/1/root/. ]; then [ / -ef /proc/1/root/. ] && echo no || echo yes; exit; fi
i=$(ls -id /); i=\${i%%/*}; i=\${i# }
t=$(stat -f -c %T /); case $t in *btrfs*) n=256;; *xfs*) n=128;; *) n=2;; esac
[ $i -eq $n ] && echo no || echo yes`,
}

export const root: Subset = {
  facts: ['is_chroot'],
  sections: [rootSection],
  make: printed => ({ is_chroot: printed(rootSection).trim() === 'yes' }),
}

const capabilitiesSection: Section = {
  name: 'capabilities',
  sh: `${administratorsPath}; capsh --print && echo answered`,
}

export const capabilities: Subset = {
  facts: ['system_capabilities', 'system_capabilities_enforced'],
  sections: [capabilitiesSection],
  make: printed => {
    const text = printed(capabilitiesSection)
    if (!text.endsWith('answered\n')) return { system_capabilities: 'N/A', system_capabilities_enforced: 'N/A' }
    const line = linesOf(text).findLast(one => one.startsWith('Current:'))
    if (line === undefined) return { system_capabilities: [], system_capabilities_enforced: 'NA' }
    if ((line.split(':')[1] ?? '').trim() === '=ep')
      return { system_capabilities: [], system_capabilities_enforced: 'False' }
    return {
      system_capabilities: (line.split('=')[1] ?? '').split(',').map(one => one.trim()),
      system_capabilities_enforced: 'True',
    }
  },
}
