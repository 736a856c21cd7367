import { distributionFacts, distributionSections } from './distribution.ts'
import { unameIn, unameSection } from './platform.ts'
import {
  administratorsPath,
  type FactValues,
  linesOf,
  numberIn,
  type Printed,
  readLine,
  type Section,
  type Subset,
  valuesIn,
} from './section.ts'

const initSection: Section = {
  name: 'init',
  sh: `${administratorsPath}; ${readLine}
r comm /proc/1/comm
if [ -L /sbin/init ]; then v=$(ls -l /sbin/init); echo "link=\${v##*-> }"; fi
for f in /run/systemd/system/ /dev/.run/systemd/ /dev/.systemd/ /etc/init/ /sbin/openrc /etc/init.d/ /etc/dinit.d/; do [ -e $f ] && echo "$f=yes"; done
for f in systemctl initctl; do command -v $f >/dev/null && echo "$f=yes"; done; :`,
}

/** First processes that Ansible calls by the name of what they are a part of. */
const initNames: Record<string, string> = {
  procd: 'openwrt_init',
  'runit-init': 'runit',
  svscan: 'svc',
  'openrc-init': 'openrc',
}

const serviceManagerOf = (values: Map<string, string>, system: string, distribution: unknown): string => {
  const link = values.get('link')
  const process = (values.get('comm') ?? link)?.split('/').at(-1)?.trim()
  // Many systems say `init`, and what ends in `sh` is the shell of a container: neither tells.
  if (process && process !== 'init' && !process.endsWith('sh'))
    return Object.hasOwn(initNames, process) ? initNames[process]! : process
  if (system.includes('BSD') || system === 'DragonFly') return 'bsdinit'
  if (distribution === 'OpenWrt') return 'openwrt_init'
  if (distribution === 'SMGL') return 'simpleinit_msb'
  if (system !== 'Linux') return 'service'
  const has = (key: string): boolean => values.has(key)
  const runs = ['/run/systemd/system/', '/dev/.run/systemd/', '/dev/.systemd/'].some(has)
  if (has('systemctl') && runs) return 'systemd'
  if (has('initctl') && has('/etc/init/')) return 'upstart'
  if (has('/sbin/openrc')) return 'openrc'
  if (has('systemctl') && link?.split('/').at(-1) === 'systemd') return 'systemd'
  if (has('/etc/init.d/')) return 'sysvinit'
  return has('/etc/dinit.d/') ? 'dinit' : 'service'
}

export const serviceManager: Subset = {
  facts: ['service_mgr'],
  sections: [...distributionSections, initSection],
  make: printed => {
    const { system } = unameIn(printed(unameSection))
    const { distribution } = distributionFacts(printed)
    return { service_mgr: serviceManagerOf(valuesIn(printed(initSection)), system, distribution) }
  },
}

/** Package managers by their programs; the last one that is there counts. */
const packagePrograms: readonly [path: string, name: string][] = [
  ['/usr/bin/rpm-ostree', 'atomic_container'],
  ['/usr/bin/yum', 'dnf'],
  ['/usr/bin/dnf-3', 'dnf'],
  ['/usr/bin/dnf5', 'dnf5'],
  ['/usr/bin/apt-get', 'apt'],
  ['/usr/bin/zypper', 'zypper'],
  ['/usr/sbin/urpmi', 'urpmi'],
  ['/usr/bin/pacman', 'pacman'],
  ['/bin/opkg', 'opkg'],
  ['/usr/pkg/bin/pkgin', 'pkgin'],
  ['/opt/local/bin/pkgin', 'pkgin'],
  ['/opt/tools/bin/pkgin', 'pkgin'],
  ['/opt/local/bin/port', 'macports'],
  ['/usr/local/bin/brew', 'homebrew'],
  ['/opt/homebrew/bin/brew', 'homebrew'],
  ['/sbin/apk', 'apk'],
  ['/usr/sbin/pkg', 'pkgng'],
  ['/usr/sbin/swlist', 'swdepot'],
  ['/usr/bin/emerge', 'portage'],
  ['/usr/sbin/pkgadd', 'svr4pkg'],
  ['/usr/bin/pkg', 'pkg5'],
  ['/usr/bin/xbps-install', 'xbps'],
  ['/usr/local/sbin/pkg', 'pkgng'],
  ['/usr/bin/swupd', 'swupd'],
  ['/usr/sbin/sorcery', 'sorcery'],
  ['/usr/bin/installp', 'installp'],
]
const redHatPrograms = ['/usr/bin/dnf', '/usr/bin/microdnf']

const packagesSection: Section = {
  name: 'package-programs',
  sh: `for f in ${packagePrograms.map(([path]) => path).join(' ')} ${redHatPrograms.join(' ')} /run/ostree-booted; do [ -e $f ] && echo "$f=yes"; done
for f in ${redHatPrograms.join(' ')}; do [ -e $f ] && v=$(readlink -f $f) && echo "to$f=$v"; done
[ -e /usr/bin/rpm ] && [ -e /usr/bin/apt-get ] && /usr/bin/rpm -q --whatprovides /usr/bin/apt-get >/dev/null && echo apt_rpm=yes; :`,
}

const packageManagerOf = (there: Map<string, string>, family: unknown): string => {
  if (family === 'RedHat') {
    if (there.has('/run/ostree-booted')) return 'atomic_container'
    const path = redHatPrograms.find(one => there.has(one))
    if (path === undefined) return 'unknown'
    return there.get(`to${path}`) === '/usr/bin/dnf5' ? 'dnf5' : 'dnf'
  }
  const isOther = (path: string): boolean => family === 'Altlinux' && path === '/usr/bin/pkg'
  const name = packagePrograms.findLast(([path]) => there.has(path) && !isOther(path))?.[1] ?? 'unknown'
  const own = family === 'Debian' ? 'apt' : name
  if (own !== 'apt') return own
  return family === 'Altlinux' || there.has('apt_rpm') ? 'apt_rpm' : 'apt'
}

export const packageManager: Subset = {
  facts: ['pkg_mgr'],
  sections: [...distributionSections, packagesSection],
  make: printed => {
    const { os_family } = distributionFacts(printed)
    return { pkg_mgr: packageManagerOf(valuesIn(printed(packagesSection)), os_family) }
  },
}

/** The interpreters that Ansible tries, the first that is there first. */
const pythonSection: Section = {
  name: 'python',
  sh: `for p in python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 /usr/bin/python3 python3 /usr/libexec/platform-python; do
p=$(command -v $p) || continue
$p -c 'import sys
try:
    from ssl import create_default_context, SSLContext
    s = True
except ImportError:
    s = False
print("\\n".join(str(x) for x in list(sys.version_info) + [sys.executable, s, sys.implementation.name, __import__("platform").python_version()]))' && break; done; :`,
}

export const python: Subset = {
  facts: ['python', 'python_version'],
  sections: [pythonSection],
  make: (printed: Printed): FactValues => {
    const lines = linesOf(printed(pythonSection))
    const [major, minor, micro] = lines.slice(0, 3).map(numberIn)
    const serial = numberIn(lines[4])
    const [, , , releaselevel = '', , executable = '', secure, type = '', version = ''] = lines
    if (major === undefined || minor === undefined || micro === undefined || serial === undefined) return {}
    return {
      python: {
        version: { major, minor, micro, releaselevel, serial },
        version_info: [major, minor, micro, releaselevel, serial],
        executable,
        has_sslcontext: secure === 'True',
        type,
      },
      python_version: version,
    }
  },
}

const systemdSection: Section = {
  name: 'systemd',
  sh: `${administratorsPath}; [ -d /run/systemd/system ] && systemctl --version; :`,
}

export const systemd: Subset = {
  facts: ['systemd'],
  sections: [systemdSection],
  make: (printed): FactValues => {
    const [first = '', features = ''] = linesOf(printed(systemdSection))
    const version = numberIn(first.split(' ')[1])
    return version === undefined ? {} : { systemd: { features, version } }
  },
}

const lsbSection: Section = {
  name: 'lsb',
  sh: `${administratorsPath}; lsb_release -a && echo answered && exit
[ -f /etc/lsb-release ] && cat /etc/lsb-release; :`,
}

const lsbWords: [RegExp, string][] = [
  [/LSB Version:|Release:|DISTRIB_RELEASE/, 'release'],
  [/Distributor ID:|DISTRIB_ID/, 'id'],
  [/Description:|DISTRIB_DESCRIPTION/, 'description'],
  [/Codename:|DISTRIB_CODENAME/, 'codename'],
]

export const lsb: Subset = {
  facts: ['lsb'],
  sections: [lsbSection],
  make: printed => {
    const text = printed(lsbSection)
    const between = text.endsWith('answered\n') ? ':' : '='
    const told: FactValues = {}
    for (const line of linesOf(text)) {
      const at = line.indexOf(between)
      const name = lsbWords.find(([word]) => word.test(line))?.[1]
      if (at > 0 && name !== undefined)
        told[name] = line
          .slice(at + 1)
          .trim()
          .replaceAll(/^['"\\]+|['"\\]+$/g, '')
    }
    return { lsb: { ...told, ...(told.release ? { major_release: (told.release as string).split('.')[0]! } : {}) } }
  },
}
