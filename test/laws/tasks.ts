import { fc } from '../chance.ts'
import type { Places } from './tree.ts'

export type Task = Record<string, unknown>

export const at = (path: string): string => `{{ root }}/${path}`
export const one = fc.constantFrom
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const given = (args: Task): Task => Object.fromEntries(Object.entries(args).filter(([, v]) => v !== undefined))
const of = (module: string, args: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Task> =>
  fc.record(args).map(found => ({ [module]: given(found) }))

const lines = ['x=1', 'x=2', 'y=1']
const modes = ['0644', '0600', '0755', '4750']
const text = one('', 'x=1\n', 'x=1\ny=1\n', 'x=2')
const makes = ['sh', '-c', 'echo "$0" > "$1"; echo x=1']

/** A command that reads a file, and what it says where there is none. */
const asking = (path: string): Task => ({
  command: { argv: ['sh', '-c', 'cat "$0" 2>/dev/null || echo none', at(path)], reads: [at(path)] },
})

/** Tasks by what they are, with how often they come. A command makes files in the root, which is always there. */
export const kinds = ({ folders, files, links, gone, sure }: Places): [number, fc.Arbitrary<Task>][] => {
  const folder = one(...folders.map(at))
  const file = one(...files.map(at))
  const there = one(...sure.map(at))
  const mode = maybe(one(...modes))
  const made = one('a', 'c', 'k').map(at)
  return [
    [3, of('file', { path: folder, state: one('directory'), mode: maybe(one('0755', '0700', '2775')) })],
    [2, of('file', { path: one(...gone.map(at)), state: one('absent') })],
    [1, of('file', { path: file, state: one('touch'), mode })],
    [1, of('file', { path: there, state: one('file'), mode: one(...modes) })],
    [2, of('file', { path: one(at('l')), state: one('link'), src: one(...links) })],
    [4, of('copy', { dest: file, content: text, mode })],
    [1, of('copy', { dest: one(...files.map(at), at('d/')), src: one('c.txt'), mode })],
    [
      2,
      of('copy', {
        dest: one(at('d'), at('m'), at('new'), at('l')),
        src: one('tree/'),
        mode: maybe(one('0640', 'preserve')),
      }),
    ],
    [2, of('copy', { dest: file, src: one(at('keep'), ...sure.map(at)), remote_src: one(true) })],
    [1, of('replace', { path: there, regexp: one('^x=.*$', 'y', '[12]'), replace: one('z=3', '') })],
    [
      3,
      of('lineinfile', { path: file, line: one(...lines), state: maybe(one('present', 'absent')), create: one(true) }),
    ],
    [
      1,
      of('lineinfile', {
        path: file,
        line: one('x=3'),
        regexp: one('^x=', '^z'),
        insertafter: one('BOF', '^y'),
        create: one(true),
      }),
    ],
    [2, of('template', { src: one('t.hbs'), dest: file, mode }).map(task => ({ ...task, vars: { v: '1' } }))],
    [1, of('unarchive', { src: one('p.tar.gz'), dest: one(at('d'), at('m')) })],
    [2, made.map(path => ({ command: { argv: [...makes, 'made', path], creates: path } }))],
    [1, file.map(path => ({ command: { argv: ['rm', path], removes: path } }))],
    [1, of('wait_for', { path: one(at('keep')), timeout: one(1) })],
    [1, of('wait_for', { path: one(at('none')), state: one('absent') })],
    [1, of('debug', { msg: one('{{ root }}') })],
  ]
}

/** Tasks that tell something, under names that say what. */
export const looks = ({ files, folders }: Places): [number, fc.Arbitrary<Task>, 's' | 'c'][] => [
  [
    2,
    of('stat', { path: one(at('keep'), ...[...files, ...folders, 'l'].map(at)), get_checksum: one(true, false) }),
    's',
  ],
  [2, one('keep', 'a', ...files).map(asking), 'c'],
]

const unit = (words: string, about = ''): string =>
  `${about}[Service]\nExecStart=/bin/sleep ${words}\n[Install]\nWantedBy=multi-user.target\n`
const units = '/etc/systemd/system'
const unitFile = `${units}/laws.service`
const dropIn = `${unitFile}.d/a.conf`
/** One that another needs, one that writes and ends, one that is a template. */
const needy = unit('1002', '[Unit]\nRequires=laws.service\nAfter=laws.service\n')
const writing = (root: string): string =>
  `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'echo x=1 >${root}/ran'\n`

/** What only root may do, on hosts of its own: owners, accounts, units. */
export const ofRoot: [number, fc.Arbitrary<Task>][] = [
  [
    2,
    of('group', {
      name: one('lawsg', 'lawsg', 'lawsh'),
      gid: maybe(one(4100, 4101)),
      state: maybe(one('present', 'present', 'absent')),
    }),
  ],
  [1, of('group', { name: one('lawsu', 'lawsh'), gid: maybe(one(4102)), system: maybe(one(true)) })],
  [
    3,
    of('user', {
      name: one('lawsu', 'lawsu', 'lawsv'),
      uid: maybe(one(4100, 4101)),
      shell: maybe(one('/bin/sh', '/bin/bash')),
      comment: maybe(one('Laws')),
      home: maybe(one(at('d'), at('m'))),
      group: maybe(one('games', 'lawsg')),
      groups: maybe(one([], ['games'], ['lawsg', 'adm'])),
      append: maybe(one(true)),
      system: maybe(one(true)),
      create_home: one(false),
    }).map(sparing),
  ],
  [1, of('user', { name: one('lawsu', 'lawsv'), state: one('absent') })],
  [
    3,
    of('file', {
      path: one('a', 'd/f', 'd').map(at),
      state: one('file'),
      owner: maybe(one<unknown>('daemon', 0, 'lawsu', 4100)),
      group: maybe(one<unknown>('games', 2, 'lawsg', 4101)),
    }).map(own),
  ],
  [
    2,
    of('copy', {
      dest: one('a', 'm/h').map(at),
      content: text,
      owner: one('daemon', 'root', 'lawsu'),
      mode: maybe(one('4755')),
    }),
  ],
  [1, of('unarchive', { src: one('p.tar.gz'), dest: one(at('m')), owner: one('daemon') })],
  [3, of('systemd_unit', { name: one('laws'), content: one(unit('1000'), unit('2000')) })],
  [
    3,
    of('service', {
      name: one('laws'),
      state: one('started', 'started', 'stopped'),
      enabled: maybe(one(true, false)),
      newer_than: one([], [unitFile], [dropIn]),
    }),
  ],
  [
    2,
    of('service', {
      name: one('laws@1', 'laws@1', 'lawsd', 'lawsm'),
      state: one('started', 'stopped', 'stopped'),
      enabled: maybe(one(true, false)),
    }).map(unmasked),
  ],
  [1, of('service', { name: one('lawso'), state: one('started', 'stopped') })],
  [2, of('copy', { dest: one(dropIn), content: one(1, 2).map(n => `[Service]\nEnvironment=A=${n}\n`) })],
  [1, of('systemd_unit', { name: one('laws@'), content: one(unit('1001'), unit('2001')) })],
  [1, of('file', { path: one(dropIn), state: one('absent') })],
  [2, of('lineinfile', { path: one(at('acl')), line: one(...lines), create: one(true) })],
  [1, of('copy', { dest: one(at('acl')), content: text, mode: maybe(one('0640')) })],
]

/** What is masked is never started. */
function unmasked(task: Task): Task {
  const service = task.service as Task
  return service.name === 'lawsm' ? { service: { name: 'lawsm', state: 'stopped', enabled: false } } : task
}

/** What is no file of its own, and stops a host that would replace it. */
export const bound: [number, fc.Arbitrary<Task>][] = [
  [1, of('lineinfile', { path: one(at('bound')), line: one(...lines), create: one(true) })],
]

/** A playbook whose accounts would fail comes to nothing: few of their tasks say more than one thing of each. */
function sparing(task: Task): Task {
  const { name, ...said } = task.user as Task
  const picked = Object.entries(said).filter(
    ([member], i) => member === 'create_home' || i % 2 === Object.keys(said).length % 2,
  )
  return { user: { name, ...Object.fromEntries(picked) } }
}

/** A folder is none where a file is wanted. */
function own(task: Task): Task {
  const file = task.file as Task
  return String(file.path).endsWith('/d') ? { file: { ...file, state: 'directory' } } : task
}

/** What is there to begin with for those tasks, and what clears it away: a script. */
export const rootsOpening: Task[] = [
  { user: { name: 'lawsu', create_home: false } },
  { systemd_unit: { name: 'laws', content: unit('1000') } },
  { systemd_unit: { name: 'laws@', content: unit('1001') } },
  { systemd_unit: { name: 'lawsd', content: needy } },
  { systemd_unit: { name: 'lawso', content: writing('{{ root }}') } },
  { file: { path: `${units}/lawsm.service`, src: '/dev/null', state: 'link' } },
  { file: { path: `${unitFile}.d`, state: 'directory' } },
]
/** What units are, for who only looks. */
export const unitsScript = `systemctl show -p Id,ActiveState,UnitFileState,NeedDaemonReload laws laws@1 lawsd lawso lawsm
find ${units} -name 'laws*' -printf '%p %y %l %C@\\n' | sort`
export const rootsEnd = `for u in lawsu lawsv; do ! id $u >/dev/null 2>&1 || userdel -f $u; done 2>/dev/null
for g in lawsg lawsh lawsu lawsv; do ! getent group $g >/dev/null || groupdel $g; done
[ ! -e ${unitFile} ] || {
  systemctl stop laws laws@1 lawsd lawso; systemctl disable laws laws@ lawsd
  find ${units} -name 'laws*' -prune -exec rm -rf {} +; systemctl daemon-reload; systemctl reset-failed
} 2>/dev/null`
