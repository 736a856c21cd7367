import { defineModule, program, quoted, T, uses } from '../../src/module/module.ts'

const args = T.Object(
  {
    database: T.String({
      pattern: '^[a-z0-9_]+$',
      description: 'The database of the host that is asked: passwd, group, hosts, services …',
    }),
    key: T.Optional(T.String({ description: 'What is looked up. Not given: all that the database lists.' })),
    split: T.Optional(
      T.String({
        minLength: 1,
        description:
          'What stands between the fields of a line. Default: `:` for passwd, shadow, group and gshadow, else white space.',
      }),
    ),
    fail_key: T.Boolean({ default: true, description: 'Whether it fails where there is nothing under `key`.' }),
    service: T.Optional(
      T.String({ description: 'Where it is looked up, in place of what /etc/nsswitch.conf says: `files`, `db`.' }),
    ),
  },
  { additionalProperties: false },
)

type Asked = { database: string; key?: string; service?: string }

/** What an answer depends on, by the database. Of any other it is the file that is called so. */
const labels: Record<string, string[]> = {
  passwd: ['user:*', 'path:/etc/passwd'],
  shadow: ['user:*', 'path:/etc/shadow'],
  group: ['group:*', 'user:*', 'path:/etc/group'],
  gshadow: ['group:*', 'user:*', 'path:/etc/gshadow'],
  initgroups: ['group:*', 'user:*', 'path:/etc/group'],
}

const answerOf = ({ database, key, service }: Asked) =>
  program<{ status: number; text: string }>({
    key: `getent:${[database, key ?? '', service ?? ''].join(':')}`,
    sh: quoted([
      'getent',
      database,
      ...(key === undefined ? [] : [key]),
      ...(service === undefined ? [] : ['-s', service]),
    ]),
    looks: [
      ...(labels[database] ?? [`path:/etc/${database}`, 'path:/etc/hosts', 'path:/etc/resolv.conf']),
      'path:/etc/nsswitch.conf',
    ],
    parse: ({ status, stdout }) => ({ status, text: stdout.toString() }),
    subject: `getent ${database}${key === undefined ? '' : ` ${key}`}`,
  })

const withColons = ['passwd', 'shadow', 'group', 'gshadow']

/** The fields behind the first of each line, by that; of several lines with one first field a list. */
const recordsIn = (text: string, split: string | undefined): Record<string, unknown> => {
  const found = new Map<string, string[][]>()
  for (const line of text.split('\n').filter(Boolean)) {
    const [name = '', ...fields] = split === undefined ? line.trim().split(/\s+/) : line.split(split)
    found.set(name, [...(found.get(name) ?? []), fields])
  }
  return Object.fromEntries([...found].map(([name, all]) => [name, all.length === 1 ? all[0] : all]))
}

/** What its statuses mean; getent(1). */
const reasons: Record<number, [string, string]> = {
  1: ['Missing arguments, or database unknown.', 'name a database that the host has, as in passwd'],
  2: [
    'One or more supplied key could not be found in the database.',
    'make it in an earlier task, or set fail_key: false',
  ],
  3: ['Enumeration not supported on this database.', 'give a key'],
  127: ['the host has no getent', 'install the package that has it'],
}

export default defineModule({
  name: 'getent',
  about:
    'Looks up what a database of the host has (accounts, names of hosts, services) as the fact `getent_DATABASE`, from this task on. Changes nothing.',
  args,
  outputs: T.Object({
    ansible_facts: T.Record(T.String(), T.Unknown(), {
      description:
        '`getent_DATABASE`: the fields behind the first of each line, by that; null for a key that is not there.',
    }),
  }),
  examples: [
    '- name: Know the home of root\n  getent:\n    database: passwd\n    key: root\n- name: Told\n  debug:\n    msg: "{{ ansible_facts.getent_passwd.root[4] }}"',
  ],
  reads: args => ({ found: uses(answerOf(args)) }),
  plan: ({ database, key, split, fail_key }, { found }, { ok, fail }) => {
    const name = `getent_${database}`
    const { status, text } = found
    if (status === 0) {
      const colon = withColons.includes(database) ? ':' : undefined
      return ok({ ansible_facts: { [name]: recordsIn(text, split ?? colon) } })
    }
    if (status === 2 && !fail_key && key !== undefined) return ok({ ansible_facts: { [name]: { [key]: null } } })
    const [why, fix] = reasons[status] ?? [`getent ended with ${status}`, 'try it on the host']
    return fail(why, fix)
  },
})
