import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cases, fc, seed } from '../chance.ts'
import { type Ran, rig } from '../plan/rig.ts'

const numRuns = Number(process.env.RUNBOOK_RUNS ?? cases(60))

// Commands that write more than they say, anywhere among tasks on the same few files. No plan has shown what they write,
// so no task may take it away: it is there at the end, or the host was stopped before.

/** `d` leads to `r`: what lies there has two names. `a` and `r/b` are there from the beginning. */
const paths = ['a', 'n', 'r/b', 'd/b', 'r/n', 'd/n']
const path = fc.constantFrom(...paths)
const text = fc.constantFrom('one', 'two', 'three')

const honest = fc.oneof(
  fc.record({ path, text }).map(({ path, text }) => `copy: { dest: "{{ root }}/${path}", content: "${text}\\n" }`),
  fc
    .record({ path, text })
    .map(({ path, text }) => `lineinfile: { path: "{{ root }}/${path}", line: ${text}, create: true }`),
  fc
    .record({ path, text })
    .map(({ path, text }) => `lineinfile: { path: "{{ root }}/${path}", regexp: "^${text}$", state: absent }`),
  text.map(text => `replace: { path: "{{ root }}/a", regexp: "^${text}$", replace: ${text}s }`),
  fc
    .record({ from: path, path })
    .map(
      ({ from, path }) =>
        `copy: { src: "{{ root }}/a", remote_src: true, dest: "{{ root }}/${from === 'a' ? path : from}" }`,
    ),
  fc.constantFrom('a', 'r/b', 'd/b').map(path => `file: { path: "{{ root }}/${path}", mode: "0600" }`),
)
/** What a lie writes is its own, so that it can be told from all else. */
const lie = path.map(path => ({ path }))
const task = fc.oneof({ weight: 3, arbitrary: honest }, { weight: 2, arbitrary: lie })
const tasks = fc.array(task, { minLength: 2, maxLength: 9 })

const lineOf = (one: string | { path: string }, i: number): string =>
  typeof one === 'string'
    ? `    - { name: t${i}, ${one} }`
    : `    - { name: t${i}, command: { argv: [sh, -c, 'cd "$0"; touch lie${i}; echo theirs${i} >>${one.path}', "{{ root }}"], creates: "{{ root }}/lie${i}" } }`

const prepare = (root: string): void => {
  mkdirSync(join(root, 'r'))
  symlinkSync('r', join(root, 'd'))
  writeFileSync(join(root, 'a'), 'one\ntwo\n')
  writeFileSync(join(root, 'r/b'), 'one\n')
}

const failures = ({ events }: Ran): string[] =>
  events.flatMap(e => (e.type === 'result' && e.failure ? [e.failure.reason] : []))

test(`what no plan has shown is taken away by no task: ${numRuns} playbooks (seed ${seed})`, async () => {
  const counts = { lies: 0, met: 0, refused: 0 }
  const property = fc.asyncProperty(tasks, async list => {
    const made = rig(`- hosts: all\n  tasks:\n${list.map(lineOf).join('\n')}\n`)
    const root = made.hosts.root('node0')
    try {
      prepare(root)
      const ran = await made.apply()
      for (const [i, one] of list.entries()) {
        if (typeof one === 'string' || !existsSync(join(root, `lie${i}`))) continue
        counts.lies += 1
        const found = readFileSync(join(root, one.path), 'utf8')
        assert.ok(found.split('\n').includes(`theirs${i}`), `${one.path} has lost what t${i} wrote: ${found}`)
      }
      const met = failures(ran)
      counts.refused += met.filter(reason => reason === 'plan-moved').length
      counts.met += ran.events.filter(
        e => e.type === 'warning' && /taken at its word|after it was read/.test(e.text),
      ).length
    } finally {
      await made.close()
      rmSync(root, { recursive: true, force: true })
    }
  })
  await fc.assert(property, { numRuns, seed })
  assert.ok(numRuns < 20 || (counts.met > 0 && counts.refused > 0), JSON.stringify(counts))
  console.log(`  ${JSON.stringify(counts)}`)
})

test.run()
