import { mkdirSync, writeFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import type { KindName } from '../../src/lab/kind.ts'
import { type Rig, type Told, tell } from '../cluster/rig.ts'

// What is tried on each kind of hosts: a playbook that reads, writes, runs and keeps the host for itself.

const playbook = `
- hosts: all
  tasks:
    - { name: folder, file: { path: "{{ root }}/d/e", state: directory, mode: "0750" } }
    - { name: link, file: { path: "{{ root }}/l", state: link, src: d } }
    - { name: small, copy: { dest: "{{ root }}/small", content: "one\\n", mode: "0640" } }
    - { name: big, copy: { dest: "{{ root }}/big", src: big, mode: "0600" } }
    - { name: template, template: { src: t.hbs, dest: "{{ root }}/t" } }
    - { name: run, command: { cmd: touch made, chdir: "{{ root }}", creates: "{{ root }}/made" } }
    - { name: late, command: { argv: [sh, -c, "(sleep 1; echo late) & echo now"], changed_when: false }, register: out }
    - { name: told, assert: { that: 'out.stdout == "now"' } }
`

/** Raises a lab of one host of this kind. */
export const raiseKind = async (lab: Rig, kind: KindName): Promise<void> => {
  await lab.raise(1, '--kind', kind)
  for (const folder of ['files', 'templates']) mkdirSync(`${lab.folder}/${folder}`, { recursive: true })
  writeFileSync(`${lab.folder}/kind.yml`, playbook)
  writeFileSync(`${lab.folder}/files/big`, Buffer.alloc(300_000, 'big\n'))
  writeFileSync(`${lab.folder}/templates/t.hbs`, 'on {{ facts.hostname }}\n')
}

/** A run of the playbook there; `words`: further words, `root`: the folder it works in. */
export const applyKind = async (lab: Rig, root: string, ...words: string[]): Promise<Told> => {
  const all = ['apply', 'kind.yml', '-i', lab.inventory, '-e', `root=${root}`, '--format', 'json', ...words]
  return tell(await lab.start(...all).ended)
}

/** It changes everything once, and then nothing; nobody else may change the host meanwhile, if that can be had there. */
export const holds = async (lab: Rig, root: string, keptBy: 'lease' | 'nobody', ...words: string[]): Promise<void> => {
  const first = await applyKind(lab, root, ...words)
  assert.is(first.code, 0, first.stdout + first.stderr)
  const said = first.events.flatMap(event => (event.type === 'warning' ? [event.text] : [])).join('\n')
  assert.is(/kept for this run alone/.test(said), keptBy === 'nobody', said)
  const again = await applyKind(lab, root, ...words)
  assert.is(again.code, 0, again.stdout + again.stderr)
  assert.is(Object.values(again.summary.hosts)[0]?.changed, 0, again.stdout)
}
