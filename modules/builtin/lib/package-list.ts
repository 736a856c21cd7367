import { program } from '../../../src/module/module.ts'

/** A version of a package that is installed, under the names that Ansible has for what is known of it. */
export type ListedPackage = { name: string; version: string } & Record<string, string>
export type PackageList = { isThere: boolean; packages: Record<string, ListedPackage[]> }

/** Each by the program that tells; what is printed of a package is a line of these, with tabs between. */
const managers = {
  apt: {
    tool: 'dpkg-query',
    lists: "dpkg-query -W -f '${Package}\\t${Version}\\t${Architecture}\\t${Section}\\t${db:Status-Status}\\n'",
    labels: ['package:*', 'tree:/var/lib/dpkg'],
  },
  rpm: {
    tool: 'rpm',
    lists: "rpm -qa --qf '%{NAME}\\t%{VERSION}\\t%{RELEASE}\\t%{EPOCH}\\t%{ARCH}\\n'",
    labels: ['package:*', 'tree:/var/lib/rpm'],
  },
  apk: { tool: 'apk', lists: 'apk info -v 2>/dev/null', labels: ['package:*', 'tree:/lib/apk'] },
}
export type ListingManager = keyof typeof managers
export const listingManagers = Object.keys(managers) as ListingManager[]

/** dpkg calls a package of another architecture than the machine's by that too. */
const aptPackage = (line: string, native: string): ListedPackage[] => {
  const [name = '', version = '', arch = '', category = '', status] = line.split('\t')
  if (status !== 'installed') return []
  return [{ name: arch === native || arch === 'all' ? name : `${name}:${arch}`, version, arch, category }]
}
const rpmPackage = (line: string): ListedPackage[] => {
  const [name = '', version = '', release = '', epoch = '', arch = ''] = line.split('\t')
  return name === '' ? [] : [{ name, version, release, epoch: epoch === '(none)' ? 'None' : epoch, arch }]
}
const apkPackage = (line: string): ListedPackage[] => {
  const [, name, version, release] = /^(.+)-([^-]+)-([^-]+)$/.exec(line) ?? []
  return name === undefined || version === undefined || release === undefined ? [] : [{ name, version, release }]
}

const packagesIn = (manager: ListingManager, [first = '', ...lines]: string[]): ListedPackage[] => {
  if (manager === 'apt') return lines.flatMap(line => aptPackage(line, first))
  return lines.flatMap(manager === 'rpm' ? rpmPackage : apkPackage)
}

/** What a package manager says is installed; `isThere`: the host has it. */
export const packageList = (manager: ListingManager) => {
  const { tool, lists, labels } = managers[manager]
  return program<PackageList>({
    key: `package-list:${manager}`,
    sh: `! command -v ${tool} >/dev/null || { ${manager === 'apt' ? 'dpkg --print-architecture' : 'echo there'}; ${lists}; }`,
    looks: labels,
    parse: ({ stdout }) => {
      const lines = stdout.toString().split('\n')
      const found = packagesIn(manager, lines)
      return {
        isThere: lines[0] !== '',
        packages: Object.groupBy(found, ({ name }) => name) as PackageList['packages'],
      }
    },
    subject: `the packages that ${manager} has installed`,
  })
}
