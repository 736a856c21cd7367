import { unameIn, unameSection } from './platform.ts'
import {
  type FactValues,
  filesIn,
  filesSection,
  linesOf,
  type Printed,
  type Section,
  type Subset,
  wordsOf,
} from './section.ts'

/** What is known of a host's distribution while its files are read, in Ansible's order. */
type Guess = { distribution: string; version: string; release: string }
/** Undefined: the file is of another distribution. */
type Reader = (text: string, path: string, guess: Guess) => FactValues | undefined

/** The value of `KEY=value` in a file that a shell could read. */
const assigned = (text: string): Map<string, string> => {
  const values = new Map<string, string>()
  for (const line of linesOf(text)) {
    const found = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line)
    if (!found) continue
    const value = found[2]!.trim()
    const quoted = /^(["'])(.*)\1$/.exec(value)
    values.set(found[1]!, quoted ? quoted[2]!.replaceAll(/\\(["'$`\\])/g, '$1') : value)
  }
  return values
}

const unquoted = (text: string): string => text.replaceAll(/^"+|"+$/g, '')
const first = (text: string, pattern: RegExp): string | undefined => pattern.exec(text)?.[1]
const major = (version: string): string => version.split('.')[0]!
/** Members that were found, under the names of facts. */
const found = (values: Record<string, string | undefined>): FactValues =>
  Object.fromEntries(Object.entries(values).filter((one): one is [string, string] => one[1] !== undefined))

const versioned = (distribution: string, text: string, release?: string): FactValues => {
  const version = first(text, /VERSION_ID="(.*)"/)
  return found({
    distribution,
    distribution_release: release,
    distribution_version: version,
    distribution_major_version: version && major(version),
  })
}

const codenamed = (distribution: string, text: string): FactValues =>
  versioned(distribution, text, first(text, /VERSION_CODENAME="?([^"\n]+)"?/))

const debian: Reader = (text, path) => {
  const has = (...words: string[]): boolean => words.some(word => text.includes(word))
  if (has('Debian', 'Raspbian'))
    return found({ distribution: 'Debian', distribution_release: first(text, /PRETTY_NAME=[^(]+ \(?([^)]+?)\)/) })
  if (has('Ubuntu')) return { distribution: 'Ubuntu' }
  if (has('SteamOS')) return { distribution: 'SteamOS' }
  if (has('Kali', 'Parrot') && ['/etc/lsb-release', '/etc/os-release'].includes(path))
    return found({
      distribution: has('Kali') ? 'Kali' : 'Parrot',
      distribution_release: first(text, /DISTRIB_RELEASE=(.*)/),
    })
  if (has('Devuan')) {
    const version = first(text, /VERSION_ID="(.*)"/)
    const release = first(text, /PRETTY_NAME="?[^("]+ \(?([^) "]+)\)?/)
    return found({
      distribution: 'Devuan',
      distribution_release: release,
      distribution_version: version,
      distribution_major_version: version,
    })
  }
  if (has('Cumulus')) {
    const version = first(text, /VERSION_ID=(.*)/)
    return found({
      distribution: 'Cumulus Linux',
      distribution_version: version,
      distribution_major_version: version && major(version),
      distribution_release: first(text, /VERSION="(.*)"/),
    })
  }
  if (has('Mint')) return versioned('Linux Mint', text)
  if (has('UOS', 'Uos', 'uos')) return codenamed('Uos', text)
  if (has('Deepin', 'deepin')) return codenamed('Deepin', text)
  return has('LMDE') ? { distribution: 'Linux Mint Debian Edition' } : undefined
}

const amazon: Reader = (text, path) => {
  if (!text.includes('Amazon')) return undefined
  const inFile = path === '/etc/os-release'
  const version = inFile ? first(text, /VERSION_ID="(.*)"/) : (wordsOf(text).find(word => /^\d+$/.test(word)) ?? 'NA')
  const parts = inFile && version !== undefined ? version.split('.') : undefined
  return found({
    distribution: 'Amazon',
    distribution_version: version,
    distribution_major_version: parts?.[0],
    distribution_minor_version: parts && (parts[1] ?? 'NA'),
  })
}

/** The names of SUSE's own variants, which stand in a member of their own. */
const suseVariant = (text: string): string | undefined => {
  const variant = first(text, /^VARIANT_ID="?([^"\n]*)"?/m)
  if (variant === 'server-sap' || variant === 'sles-sap') return 'SLES_SAP'
  return variant === 'transactional' ? 'SL-Micro' : undefined
}

const suse: Reader = (text, path) => {
  const low = text.toLowerCase()
  if (!low.includes('suse') || path !== '/etc/os-release') return undefined
  const name = first(text, /^NAME=(.*)$/m)
  const version = first(text, /^VERSION_ID="?([0-9]+\.?[0-9]*)"?/m)
  const minor = first(text, /^VERSION_ID="?[0-9]+\.?([0-9]*)"?/m)
  const release = low.includes('open') ? minor : low.includes('enterprise') ? minor || '0' : undefined
  return found({
    distribution: suseVariant(text) ?? (name && unquoted(name)),
    distribution_version: version,
    distribution_major_version: version && major(version),
    distribution_release: release,
  })
}

const named =
  (distribution: string, word: string): Reader =>
  text =>
    text.includes(word)
      ? found({
          distribution,
          distribution_version: first(text, /DISTRIB_RELEASE=["'](.*)["']/),
          distribution_release: first(text, /DISTRIB_CODENAME=["'](.*)["']/),
        })
      : undefined

/** The first word of the file, or the name where the file says so in other words. */
const searched =
  (distribution: string, text: string): Reader =>
  said => {
    const isSaid = said.includes(text)
    const name = isSaid ? distribution : (wordsOf(said)[0] ?? 'NA')
    return found({ distribution: name, distribution_file_search_string: isSaid ? text : undefined })
  }

const centos: Reader = text => {
  if (text.includes('CentOS Stream')) return found({ distribution_release: 'Stream' })
  return text.includes('TencentOS Server') ? found({ distribution: 'TencentOS' }) : undefined
}

const other: Reader = (text, _, guess) => {
  const name = first(text, /^NAME=(.*)$/m)
  const version = guess.version === 'NA' ? first(text, /^VERSION=(.*)$/m) : undefined
  return found({ distribution: name && unquoted(name), distribution_version: version && unquoted(version) })
}

const flatcar: Reader = (text, _, guess) => {
  const version = first(text, /VERSION=(.*)/)
  if (guess.distribution.toLowerCase() !== 'flatcar') return undefined
  return found({
    distribution_version: version && unquoted(version),
    distribution_major_version: version && major(unquoted(version)),
  })
}

const clear: Reader = text => {
  const name = first(text, /NAME="(.*)"/)
  if (name !== undefined && !name.includes('Clear Linux')) return undefined
  const version = first(text, /VERSION_ID=(.*)/)
  return found({
    distribution: name,
    distribution_major_version: version,
    distribution_version: version,
    distribution_release: first(text, /ID=(.*)/),
  })
}

/** The files that tell of a distribution, in the order in which Ansible asks them. The first that knows itself counts. */
const files: readonly [path: string, name: string, read: Reader | 'even empty'][] = [
  ['/etc/altlinux-release', 'Altlinux', searched('Altlinux', 'ALT')],
  ['/etc/oracle-release', 'OracleLinux', searched('OracleLinux', 'Oracle Linux')],
  [
    '/etc/slackware-version',
    'Slackware',
    text => (text.includes('Slackware') ? found({ distribution_version: first(text, /(\w+[.]\w+\+?)/) }) : undefined),
  ],
  ['/etc/centos-release', 'CentOS', centos],
  ['/etc/redhat-release', 'RedHat', searched('RedHat', 'Red Hat')],
  ['/etc/vmware-release', 'VMwareESX', 'even empty'],
  ['/etc/openwrt_release', 'OpenWrt', named('OpenWrt', 'OpenWrt')],
  ['/etc/os-release', 'Amazon', amazon],
  ['/etc/system-release', 'Amazon', amazon],
  ['/etc/alpine-release', 'Alpine', text => ({ distribution_version: text })],
  ['/etc/arch-release', 'Archlinux', 'even empty'],
  ['/etc/os-release', 'Archlinux', text => (text.includes('Arch Linux') ? {} : undefined)],
  ['/etc/os-release', 'SUSE', suse],
  ['/etc/gentoo-release', 'Gentoo', () => undefined],
  ['/etc/os-release', 'Debian', debian],
  ['/etc/lsb-release', 'Debian', debian],
  ['/etc/lsb-release', 'Mandriva', named('Mandriva', 'Mandriva')],
  ['/etc/sourcemage-release', 'SMGL', searched('SMGL', 'Source Mage GNU/Linux')],
  ['/usr/lib/os-release', 'ClearLinux', clear],
  ['/etc/os-release', 'Flatcar', flatcar],
  ['/etc/os-release', 'NA', other],
]

const families: Record<string, string> = Object.fromEntries(
  Object.entries({
    RedHat:
      'RedHat,RHEL,Fedora,CentOS,Scientific,SLC,Ascendos,CloudLinux,PSBM,OracleLinux,OVS,OEL,Amazon,Amzn,Virtuozzo,XenServer,Alibaba,EulerOS,openEuler,AlmaLinux,Rocky,TencentOS,EuroLinux,Kylin Linux Advanced Server,MIRACLE',
    Debian:
      'Debian,Ubuntu,Raspbian,Neon,KDE neon,Linux Mint,SteamOS,Devuan,Kali,Cumulus Linux,Pop!_OS,Parrot,Pardus GNU/Linux,Uos,Deepin,OSMC,Linux Mint Debian Edition',
    Suse: 'SuSE,SLES,SLED,openSUSE,openSUSE Tumbleweed,SLES_SAP,SUSE_LINUX,openSUSE Leap,ALP-Dolomite,SL-Micro,openSUSE MicroOS',
    Archlinux: 'Archlinux,Antergos,Manjaro',
    Mandrake: 'Mandrake,Mandriva',
    Gentoo: 'Gentoo,Funtoo',
    ClearLinux: 'Clear Linux OS,Clear Linux Mix',
    Darwin: 'MacOSX',
    FreeBSD: 'FreeBSD,TrueOS',
  }).flatMap(([family, names]) => names.split(',').map(name => [name, family])),
)

const familyOf = (distribution: string): string =>
  Object.hasOwn(families, distribution) ? families[distribution]! : distribution

/** A line like `CentOS Linux release 7.9.2009 (Core)`. */
const releaseLine = (text: string): { version: string; codename: string } | undefined => {
  const line = linesOf(text)[0]?.trim() ?? ''
  const parts = /^.+? *(?:release *)? *(?<![\d.])(\d[\d.+\-a-z]*) *(?:STL *)?(?:\((.*)\))?[^()]*$/.exec(line)
  return parts ? { version: parts[1]!, codename: parts[2] ?? '' } : undefined
}

const releaseFiles = 'SuSE almalinux altlinux centos fedora oracle redhat rocky'
  .split(' ')
  .map(name => `/etc/${name}-release`)

/** What the release file of a system without an os-release calls it. */
const idOf = (osRelease: Map<string, string>, file: (path: string) => string | undefined): string => {
  const id = osRelease.get('ID')?.toLowerCase().replaceAll(' ', '_')
  if (id) return id === 'ol' ? 'oracle' : id
  const path = releaseFiles.find(one => file(one) !== undefined)
  return path === undefined ? '' : path.slice(5, -8).toLowerCase().replace('redhat', 'rhel')
}

/** The one with the most dots; of those the first. */
const mostPrecise = (versions: (string | undefined)[]): string =>
  versions.reduce<string>(
    (best, one = '') => (best === '' || one.split('.').length > best.split('.').length ? one : best),
    '',
  )

/** What is taken where no file says better: who the system says that it is. */
const guessed = (file: (path: string) => string | undefined): Guess => {
  const osRelease = assigned(file('/etc/os-release') ?? file('/usr/lib/os-release') ?? '')
  const id = idOf(osRelease, file)
  const line = releaseFiles.flatMap(path => releaseLine(file(path) ?? '') ?? [])[0]
  const versions = [osRelease.get('VERSION_ID'), line?.version]
  const isDebian = id === 'debian'
  const best = isDebian ? mostPrecise([...versions, file('/etc/debian_version')]) : mostPrecise(versions)
  const version = isDebian
    ? best
    : id === 'centos'
      ? best.split('.').slice(0, 2).join('.')
      : (versions.find(v => v) ?? '')
  const inVersion = /\((\D+)\)|,\s*(\D+)/.exec(osRelease.get('VERSION') ?? '')
  // One that says that it has no code name has none; where nobody says anything it is not known.
  const release =
    osRelease.get('VERSION_CODENAME') ??
    osRelease.get('UBUNTU_CODENAME') ??
    ((inVersion?.[1] ?? inVersion?.[2] ?? line?.codename) || 'NA')
  const name =
    id === 'amzn' ? 'Amazon' : id === 'rhel' ? 'Redhat' : id.slice(0, 1).toUpperCase() + id.slice(1).toLowerCase()
  return { distribution: name || 'OtherLinux', version: version || 'NA', release }
}

const read = (file: (path: string) => string | undefined): FactValues => {
  const guess = guessed(file)
  const base: FactValues = {
    distribution: guess.distribution,
    distribution_version: guess.version,
    distribution_release: guess.release,
    distribution_major_version: major(guess.version) || 'NA',
  }
  for (const [path, name, reader] of files) {
    const text = file(path)
    const where = { distribution: name, distribution_file_path: path, distribution_file_variety: name }
    if (text === undefined || (text === '' && reader !== 'even empty')) continue
    if (reader === 'even empty') return { ...base, ...where }
    const told = reader(text.replaceAll(/^['"\\]+|['"\\]+$/g, ''), path, guess)
    if (told) return { ...base, ...where, distribution_file_parsed: true, ...told }
  }
  return base
}

const distributionSection: Section = filesSection('distribution', [
  ...new Set([...files.map(([path]) => path), ...releaseFiles, '/etc/debian_version']),
])

/** What other facts ask of the distribution, and have asked with them. */
export const distributionSections: readonly Section[] = [unameSection, distributionSection]

export const distributionFacts = (printed: Printed): FactValues => {
  const { system } = unameIn(printed(unameSection))
  if (system !== 'Linux') return { distribution: system, os_family: familyOf(system) }
  const texts = filesIn(printed(distributionSection))
  const file = (path: string): string | undefined => texts.get(path)?.trim()
  const facts = read(file)
  const minor = facts.distribution === 'Debian' ? first(file('/etc/debian_version') ?? '', /\d+\.(\d+)/) : undefined
  return {
    ...facts,
    ...found({ distribution_minor_version: minor }),
    os_family: familyOf(facts.distribution as string),
  }
}

export const distribution: Subset = {
  facts:
    'distribution distribution_version distribution_release distribution_major_version distribution_minor_version distribution_file_path distribution_file_variety distribution_file_parsed distribution_file_search_string os_family'.split(
      ' ',
    ),
  sections: distributionSections,
  make: distributionFacts,
}
