import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestServer, varsOf } from '../host/server.ts'

// A site that uses an installed runbook: a playbook with the modules that the documentation shows, one of its own in
// TypeScript, and one that a package brings in JavaScript, together with a copy of runbook that must not count.

const playbook = `- hosts: all
  tasks:
    - { name: greet, greet: { path: "{{ root }}/greeting", who: Ann }, register: greeted }
    - { name: note, note: { path: "{{ root }}/note", text: "{{ greeted.said }}" } }
    - { name: copy, runbook.builtin.copy: { dest: "{{ root }}/copy", content: "ours\\n" } }
    - { name: page, template: { src: page.hbs, dest: "{{ root }}/page" } }
    - { name: mute, copy: {} }
`

/** The files that a page shows: code whose first line is a comment with the name. */
const filesOf = (page: string): Record<string, string> =>
  Object.fromEntries([...page.matchAll(/^```[jt]s\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name, text]) => [name!, text!]))

/** What docs/writing-modules.md shows: two modules, and what one of them imports. */
export const documented = filesOf(readFileSync(new URL('../../docs/writing-modules.md', import.meta.url), 'utf8'))

const mute = `import { defineModule, T } from 'runbook/module'
export default defineModule({
  name: 'copy', about: 'Nothing.', args: T.Object({}), examples: [], reads: () => ({}), plan: (_, __, { say }) => say('mute'),
})
`

/** Writes the site's files into a folder, with the test server as its host. */
export const writeSite = (folder: string, host: TestServer, root: string): void => {
  const own = JSON.stringify({ name: 'runbook', type: 'module', exports: { './module': './module.js' } })
  const files: Record<string, string> = {
    'site.yml': playbook,
    'hosts.json': JSON.stringify({ all: { hosts: { node0: { ...varsOf(host), root } } } }),
    'templates/page.hbs': '{{ inventory_hostname }}\n',
    'package.json': JSON.stringify({ private: true, runbook: { packages: ['@acme/notes'] } }),
    ...documented,
    'modules/copy.js': mute,
    'node_modules/@acme/notes/package.json': JSON.stringify({ type: 'module', runbook: { modules: 'modules' } }),
    'node_modules/@acme/notes/node_modules/runbook/package.json': own,
    'node_modules/@acme/notes/node_modules/runbook/module.js': "throw new Error('a second copy of the engine')\n",
  }
  mkdirSync(root, { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}
