import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fc } from '../chance.ts'

/** A small tree in which tasks meet often: folders in folders, a link to one of them, files in all of them. */
const folders = ['d', 'd/e', 'm']
const files = ['a', 'd/f', 'd/e/g', 'm/h', 'l/f', 'l/new']
const anything = [...folders, 'l', 'a', 'd/f', 'm/h', 'l/f']
const at = (path: string): string => `{{ root }}/${path}`
const lines = ['x=1', 'x=2', 'y=1']
const modes = ['0644', '0600', '0755']

type Task = Record<string, unknown>
const one = fc.constantFrom
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const given = (args: Task): Task => Object.fromEntries(Object.entries(args).filter(([, v]) => v !== undefined))

const task: fc.Arbitrary<Task> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({ path: one(...folders).map(at), state: one('directory'), mode: maybe(one('0755', '0700')) })
      .map(file),
  },
  { weight: 2, arbitrary: fc.record({ path: one(...anything).map(at), state: one('absent') }).map(file) },
  {
    weight: 1,
    arbitrary: fc.record({ path: one(...files).map(at), state: one('touch'), mode: maybe(one(...modes)) }).map(file),
  },
  {
    weight: 1,
    arbitrary: fc.record({ path: one(...files).map(at), state: one('file'), mode: one(...modes) }).map(file),
  },
  {
    weight: 2,
    arbitrary: fc.record({ path: one('l').map(at), state: one('link'), src: one('d', 'm', 'd/e', './m') }).map(file),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        dest: one(...files).map(at),
        content: one('', 'x=1\n', 'x=1\ny=1\n', 'x=2'),
        mode: maybe(one(...modes)),
      })
      .map(args => ({ copy: given(args) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ src: one('keep').map(at), remote_src: one(true), dest: one(...files).map(at) })
      .map(copy => ({ copy })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ path: one(...files).map(at), regexp: one('^x=.*$', 'y', '[12]'), replace: one('z=3', '') })
      .map(replace => ({ replace })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        path: one(...files).map(at),
        line: one(...lines),
        state: maybe(one('present', 'absent')),
        create: one(true, true, false),
      })
      .map(args => ({ lineinfile: given(args) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ dest: one(...files).map(at), mode: maybe(one(...modes)), v: one('1', '2') })
      .map(({ v, ...args }) => ({ template: given({ src: 't.hbs', ...args }), vars: { v } })),
  },
  {
    weight: 2,
    // In the root, which is always there: what a program needs besides, no plan can know.
    arbitrary: one('a', 'c')
      .map(at)
      .map(path => ({ command: { argv: ['sh', '-c', 'echo "$0" > "$1"', 'made', path], creates: path } })),
  },
)

function file(args: Task): Task {
  return { file: given(args) }
}

export const templates = { 'templates/t.hbs': 'v={{ v }}\n' }

/** What a task needs besides: now and then a value of the task before, or a condition on what a look has told. */
const wired = fc.tuple(task, fc.integer({ min: 0, max: 9 })).map(([t, n]) => ({ t, n }))

/** Most playbooks make their folders first: one that would fail comes to nothing. */
const opening = [
  { file: { path: at('d/e'), state: 'directory' } },
  { file: { path: at('m'), state: 'directory' } },
  { file: { path: at('l'), src: 'd', state: 'link' } },
]

export const playbook: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom([], opening, opening, opening), fc.array(wired, { minLength: 1, maxLength: 9 }))
  .map(([first, list]) =>
    JSON.stringify([
      {
        hosts: 'all',
        tasks: [
          ...first,
          ...list.flatMap(({ t, n }, i) => [
            ...(n === 2 ? [{ name: `s${i}`, stat: { path: at('keep'), get_checksum: true }, register: `s${i}` }] : []),
            {
              name: `t${i}`,
              register: `r${i}`,
              ...t,
              ...(n === 2 ? { when: `s${i}.stat.exists && s${i}.stat.isreg && s${i}.stat.checksum != ""` } : {}),
              ...(n === 0 && i > 0 ? { when: `r${i - 1}.changed` } : {}),
              ...(n === 1 && i > 1 ? { needs: [`t${i - 2}`] } : {}),
            },
          ]),
        ],
      },
    ]),
  )

/** What is there before: a part of the tree. */
export const before: fc.Arbitrary<string[]> = fc.subarray(['d/', 'd/e/', 'm/', 'l', 'a', 'd/f', 'd/e/g', 'm/h'])

/** A file that no task changes: who reads one that a later task changes has something to do in the next run too. */
export const prepare = (root: string, there: string[]): void => {
  writeFileSync(join(root, 'keep'), 'y=1\n')
  for (const path of there) {
    if (path.endsWith('/')) mkdirSync(join(root, path), { recursive: true })
    else if (path === 'l') symlinkSync('d', join(root, 'l'))
    else {
      mkdirSync(join(root, path, '..'), { recursive: true })
      writeFileSync(join(root, path), 'x=1\n')
      chmodSync(join(root, path), 0o644)
    }
  }
}
