import type { Difference } from '../../core/event.ts'
import { quote } from '../../core/quote.ts'
import { isUnknown } from '../../core/unknown.ts'
import type { Label } from '../label.ts'
import type { Query } from '../query.ts'
import { wordFor } from '../show.ts'
import { type PackageAnswer, packagesProbe } from './package-manager.ts'
import { type PackageRun, packageRun, runsIn } from './package-run.ts'

/** All of a package, and what is said of one of an architecture. */
const labelsOf = (name: string): Label[] => {
  const plain = name.replace(/:.*/, '')
  return plain === name ? [`package:${name}`] : [`package:${name}`, `package:${plain}`]
}

/** A word for one in a difference: its version, or that it is not there. */
const versionWord = (answer: Partial<PackageAnswer> | undefined): string => {
  const version: unknown = answer?.version
  if (isUnknown(version)) return wordFor(version)
  return typeof version === 'string' && version !== '' ? version : '-'
}

/** One line for each package: which version comes in place of which. */
const show =
  (subject: string) =>
  (before: PackageAnswer | undefined, after: PackageAnswer): Difference[] => [
    { kind: 'value', subject, before: versionWord(before), after: versionWord(after) },
  ]

/** What dpkg, rpm or apk prints of a package that is as promised. */
const promisedPackage =
  (name: string) =>
  ({ installed, version }: Record<string, unknown>): string | undefined => {
    const asked = `if command -v dpkg-query >/dev/null; then dpkg-query -W -f='\${db:Status-Status} \${Version}' ${quote(name)}; elif command -v rpm >/dev/null; then rpm -q --qf 'installed %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}' ${quote(name)}; else apk info -e ${quote(name)} >/dev/null && echo installed '*'; fi 2>/dev/null`
    if (installed === false) return `case $(${asked}) in 'installed '*) false;; esac`
    const fits = typeof version === 'string' ? `${quote(`installed ${version}`)}|'installed *'` : "'installed '*"
    return `case $(${asked}) in ${fits}) :;; *) false;; esac`
  }

/** Whether what a manager calls by a name is what a task does: the architecture is said only where it is not the host's own. */
const isSame = (said: string, name: string): boolean => said === name || name === `${said}:native`

/** A package after what a manager is to do, as it has told that. Of one that goes, what is left is not told. */
const afterRun = (before: PackageAnswer | undefined, run: PackageRun, name: string): PackageAnswer | undefined => {
  const comes = run.comes.find(one => isSame(one.name, name))
  if (before === undefined || run.goes.some(one => isSame(one.name, name))) return undefined
  return comes ? { ...before, installed: true, version: comes.version, status: 'installed' } : before
}

/** A package by its name, with an architecture behind a colon where that is not the host's own. */
export const packageState = (name: string): Query<PackageAnswer> => ({
  key: `package:${name}`,
  looks: [...labelsOf(name), 'packages'],
  probe: packagesProbe,
  item: name,
  facets: [],
  parse: (raw: PackageAnswer) => raw,
  only: false,
  derive: (ask, before, { patches }) => {
    const runs = runsIn(patches)
    if (isUnknown(before) || runs.length === 0) return undefined
    return runs.reduce<PackageAnswer | undefined>((now, run) => afterRun(now, ask(packageRun(run)), name), before)
  },
  touched: () => labelsOf(name),
  holds: promisedPackage(name),
  privileged: () => true,
  show: show(`package ${name}`),
  subject: `package ${name}`,
})
