import { defineModule, T, uses } from '../../src/module/module.ts'
import { type ListedPackage, type ListingManager, listingManagers, packageList } from './lib/package-list.ts'

/** Programs whose packages another one lists. */
const listers: Record<string, ListingManager> = {
  apt: 'apt',
  rpm: 'rpm',
  dnf: 'rpm',
  dnf5: 'rpm',
  yum: 'rpm',
  zypper: 'rpm',
  apk: 'apk',
}

const args = T.Object(
  {
    manager: T.Unsafe<string | string[]>({
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      default: ['auto'],
      description: 'Who is asked, in this order: `auto`, all of them, or `apt`, `rpm` (`dnf`, `yum`, `zypper`), `apk`.',
    }),
    strategy: T.Enum(['first', 'all'], {
      default: 'first',
      description: 'Whether only the first that has packages counts, or all of them do.',
    }),
  },
  { additionalProperties: false },
)

const namesIn = (manager: string | string[]): string[] =>
  (typeof manager === 'string' ? manager.split(',') : manager).map(one => one.trim().toLowerCase())

const asked = (manager: string | string[]): ListingManager[] => {
  const names = namesIn(manager).flatMap(one => (one === 'auto' ? listingManagers : (listers[one] ?? [])))
  return [...new Set(names)]
}

const together = (lists: Record<string, ListedPackage[]>[]): Record<string, ListedPackage[]> => {
  const all: Record<string, ListedPackage[]> = {}
  for (const list of lists)
    for (const [name, found] of Object.entries(list)) all[name] = [...(all[name] ?? []), ...found]
  return all
}

export default defineModule({
  name: 'package_facts',
  about: 'Lists the packages that are installed on a host as the fact `packages`, from this task on. Changes nothing.',
  args,
  outputs: T.Object({
    ansible_facts: T.Record(T.String(), T.Unknown(), {
      description:
        '`packages`: by name of each a list of what is installed of it, with `name` and `version`; `arch`, `category`, `release` and `epoch` where the package manager has them. The `origin` that Ansible tells of apt is left out.',
    }),
  }),
  examples: [
    '- name: See what is installed\n  package_facts:\n    manager: auto\n- name: Told\n  debug:\n    msg: "{{ ansible_facts.packages.openssl[0].version }}"\n  when: "\'openssl\' in ansible_facts.packages"',
  ],
  reads: ({ manager }) => ({ lists: asked(manager).map(one => uses(packageList(one))) }),
  plan: ({ manager, strategy }, { lists }, { ok, fail }) => {
    const strange = namesIn(manager).filter(one => one !== 'auto' && listers[one] === undefined)
    if (strange.length > 0)
      return fail(
        `packages of ${strange.join(', ')} cannot be listed`,
        `name one of auto, ${Object.keys(listers).join(', ')}`,
      )
    const found = lists.filter(({ packages }) => Object.keys(packages).length > 0).map(({ packages }) => packages)
    if (found.length === 0)
      return fail(
        `Could not detect a supported package manager from the following list: ${asked(manager).join(', ')}`,
        'name the one that the host has',
      )
    return ok({ ansible_facts: { packages: together(strategy === 'first' ? found.slice(0, 1) : found) } })
  },
})
