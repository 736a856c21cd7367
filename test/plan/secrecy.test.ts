import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../src/core/failure.ts'
import { isRecord } from '../../src/core/value.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import { savedLinesOf } from '../../src/planfile/saved-lines.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { loadModule, modulesWithCases } from '../modules/modules.ts'
import { reported } from '../report/rig.ts'
import { type Ran, type Rig, verdicts, withRig } from './rig.ts'

const secret = '/zebra-quilt-4711'
const exposed = 'fail: a secret would stand in a command line on node0, where everyone there can read it'

const withTasks = (tasks: string, use: (rig: Rig) => Promise<void>): Promise<void> =>
  withRig(
    `- hosts: all
  secrets: [password, pin, vault.key${tasks.includes('register: asked') ? ', asked' : ''}]
  vars: { password: ${secret}, pin: 7q, vault: { key: member-secret, name: ada }, other: "{{ password }}.d", plain: ${secret} }
  tasks:\n${tasks}`,
    { secrets: createRedactor() },
    use,
  )

test('a secret in a command line, an environment or a path on the host is refused before anything is asked there', () =>
  withTasks(
    `    - { name: cmd, needs: [], command: "mysql --password={{ password }} app" }
    - { name: argv, needs: [], command: { argv: [mysql, "-p{{ vault.key }}"] } }
    - { name: by_way, needs: [], command: "cat {{ other }}" }
    - { name: question, needs: [], command: { argv: [grep, "{{ password }}", /etc/passwd], reads: [/etc/passwd] } }
    - { name: given, needs: [], environment: { TOKEN: "{{ password }}" }, command: "login" }
    - { name: asked_with, needs: [], command: { argv: [login], environment: { TOKEN: "{{ vault.key }}" }, reads: [/etc/passwd] } }
    - { name: short, needs: [], command: "login -p{{ pin }}" }
    - { name: short_word, needs: [], command: { argv: [login, "{{ pin }}"] } }
    - { name: changed, needs: [], command: { argv: [login, "{{ vault.key.upper() }}"] } }
    - { name: renamed, needs: [], loop: ["{{ password }}"], loop_control: { loop_var: one, label: "{{ one }}" }, command: { argv: [login, "{{ one }}"] } }
    - { name: looped, needs: [], loop: ["{{ password }}"], command: { argv: [login, "{{ item }}"] } }
    - { name: path, needs: [], file: { path: "{{ password }}", state: directory } }
    - { name: dest, needs: [], copy: { dest: "{{ root }}{{ password }}", content: x } }
    - { name: owner, needs: [], user: { name: "{{ vault.key }}" } }
`,
    async rig => {
      const ran = await rig.plan()
      const found = verdicts(ran)
      const refused = Object.keys(found).filter(id => found[id] === exposed)
      const names =
        'cmd argv by_way question given asked_with short short_word changed renamed[#1] looped[#1] path dest owner'.split(
          ' ',
        )
      assert.equal(
        refused,
        names.map(name => `node0/${name}`),
      )
      assert.equal(rig.hosts.frames, [])
      assert.match(ran.lines[0]!.fix!, /^Give it on standard input \(stdin\)/)
    },
  ))

test('on standard input it may go, and what the playbook does not call secret anywhere', () =>
  withTasks(
    `    - { name: fed, needs: [], command: { argv: [cat], stdin: "{{ password }}", reads: [/etc/passwd] } }
    - { name: stdin, needs: [], command: { argv: [login], stdin: "{{ password }} {{ pin }}" } }
    - { name: member, needs: [], command: { argv: [login, "{{ vault.name }}"] } }
    - { name: not_named, needs: [], command: { argv: [login, "{{ plain }}"] } }
`,
    async rig => {
      const found = verdicts(await rig.plan())
      for (const name of ['stdin', 'member', 'not_named']) assert.is(found[`node0/${name}`], 'change')
      assert.is(found['node0/fed'], 'ok')
    },
  ))

test('what cannot be told apart hides its line, and what can leaves the rest to be read', () =>
  withTasks(
    `    - { name: masked, copy: { dest: "{{ root }}/a", content: "p={{ password }}\\n" } }
    - { name: short, copy: { dest: "{{ root }}/b", content: "p={{ pin }}\\n" } }
    - { name: changed, copy: { dest: "{{ root }}/c", content: "{{ password.upper() }}" } }
    - { name: twice, copy: { dest: "{{ root }}/h", content: "{{ password }} {{ password.upper() }}" } }
    - { name: both, copy: { dest: "{{ root }}/i", content: "{{ password }}\\n{{ password }}\\n" } }
    - { name: outline, copy: { dest: "{{ root }}/d", content: "n{{ password | length }}" } }
    - { name: member, copy: { dest: "{{ root }}/e", content: "{{ vault.name }}" } }
    - { name: asked, command: { argv: [printf, '%s-%s', born, here], reads: [/etc/passwd] }, register: asked }
    - { name: used, copy: { dest: "{{ root }}/f", content: "{{ asked.stdout }} is it" } }
    - { name: rc, copy: { dest: "{{ root }}/g", content: "n{{ asked.rc }}" } }
`,
    async rig => {
      const ran = await rig.apply()
      const hidden = ran.lines.flatMap(line => (line.hidden ? [`${line.id} ${line.hidden}`] : []))
      assert.equal(hidden, ['node0/short secret', 'node0/changed secret', 'node0/twice secret', 'node0/asked no_log'])
      const { out } = reported(
        { command: 'apply', diff: 'show', verbosity: 'all', redact: ran.known.secrets },
        ran.events,
      )
      assert.ok(out.includes('+p=<secret>'), out)
      assert.match(out, '+<secret> is it')
      assert.match(out, '+ada')
      for (const text of [secret, secret.toUpperCase(), '7q', 'born-here']) assert.not.ok(out.includes(text), text)
    },
  ))

/** All that is told and kept of a plan, and all that was asked of hosts. */
const said = (rig: Rig, ran: Ran): Record<string, string> => {
  const journal: string[] = []
  const all = { command: 'plan', diff: 'show', verbosity: 'all', redact: ran.known.secrets } as const
  const keep = { journal: (line: string) => void journal.push(line) }
  const lines = ran.lines.filter(line => line.verdict !== 'pending')
  const kept = savedLinesOf(ran.walk, lines, Buffer.alloc(32), text => ran.known.secrets.text(text) === text)
  return {
    ...Object.fromEntries(
      (['text', 'json'] as const).map(format => [
        format,
        JSON.stringify(reported({ ...all, ...keep, format }, ran.events)),
      ]),
    ),
    journal: journal.join(''),
    plan: JSON.stringify(kept),
    asked: rig.hosts.frames.flatMap(({ fragments }) => fragments.map(({ sh }) => sh)).join('\n'),
  }
}

const plain: Record<string, unknown> = { string: '/x', array: [], object: {}, boolean: true, integer: 1 }
const plainOf = ({
  type,
  pattern,
  enum: words,
  anyOf,
}: {
  type?: string
  pattern?: string
  enum?: unknown[]
  anyOf?: { const: unknown }[]
}) => words?.[0] ?? anyOf?.[0]?.const ?? (pattern?.includes('ms|s|m|h') ? '1s' : plain[type ?? 'string'])

/** A task of a module for each of its arguments that may hold a text, which is the secret. */
const tasksOf = async (name: string): Promise<string[]> => {
  const { args, examples } = await loadModule(name)
  // A question is asked in a plan: then it is not the example's command that runs.
  const text = name === 'command' ? '- command: { argv: ["true"] }' : examples[0]!
  const example = parseYaml(text, 'example').value as Record<string, unknown>[]
  const written = Object.entries(isRecord(example[0]![name]) ? (example[0]![name] as Record<string, unknown>) : {})
  // What an example takes from its own playbook is not here.
  const own = Object.fromEntries(written.filter(([, value]) => !JSON.stringify(value).includes('{{')))
  const lacking = (args.required as string[]).filter(one => !(one in own))
  const given = { ...Object.fromEntries(lacking.map(one => [one, plainOf(args.properties[one])])), ...own }
  return Object.entries(args.properties).flatMap(([argument, schema]) => {
    const { type, expression } = schema as { type?: string; expression?: true }
    if (expression || !['string', 'array', 'object', undefined].includes(type)) return []
    const value = type === 'array' ? ['{{ password }}'] : type === 'object' ? { a: '{{ password }}' } : '{{ password }}'
    return [JSON.stringify({ name: `${name} ${argument}`, [name]: { ...given, [argument]: value } })]
  })
}

// A kind over all modules: none of them, and no argument, lets a secret into what is told, kept or asked.
test('no argument of any module lets a secret out', async () => {
  let tried = 0
  for (const name of modulesWithCases())
    for (const task of await tasksOf(name))
      await withTasks(`    - ${task}\n`, async rig => {
        writeFileSync(join(rig.hosts.root('node0'), 'x'), '')
        const ran = await rig.plan().catch(error => {
          // Members of an argument that has others are refused before anything is planned.
          if (!(error instanceof Refusal)) throw error
        })
        if (!ran) return
        tried += 1
        for (const [where, text] of Object.entries(said(rig, ran)))
          assert.not.ok(text.includes('zebra-quilt'), `${where} of ${task}: ${text}`)
      })
  assert.ok(tried > 60, `${tried}`)
})

test.run()
