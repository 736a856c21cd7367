import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer, varsOf } from '../host/server.ts'
import { sandbox } from './rig.ts'

// A folder with a playbook, an inventory and a host, and plans kept there.

export const place = sandbox()
export const host = await startServer()
test.after(async () => {
  place.remove()
  await host.stop()
})

export const at = (name: string): string => join(place.folder, name)
export const on = (name: string): string => join(host.folder, name)
export const site = `- hosts: all
  tasks:
    - { name: text, copy: { dest: "{{ root }}/text", content: "{{ word }}\\n", mode: "0644" } }
    - { name: page, template: { src: page.hbs, dest: "{{ root }}/page" } }
    - { name: free, needs: [], tags: [free], copy: { dest: "{{ root }}/free", src: free } }
`
export const vars = { ...varsOf(host), root: host.folder }
export const inventory = (more: object = {}): string => JSON.stringify({ all: { hosts: { node0: vars, ...more } } })
export const asked = ['site.yml', '-i', 'hosts.json', '-e', 'word=one']

export const reset = (): void => {
  for (const name of readdirSync(place.folder)) rmSync(at(name), { recursive: true })
  for (const name of ['text', 'page', 'free']) rmSync(on(name), { force: true })
  mkdirSync(at('templates'))
  mkdirSync(at('files'))
  place.write('files/free', 'free\n')
  mkdirSync(at('host_vars'))
  place.write('site.yml', site)
  place.write('hosts.json', inventory())
  place.write('host_vars/node0.yml', 'colour: blue\n')
  place.write('templates/page.hbs', '{{ colour }}\n')
}

/** Makes a plan of the fresh host; its text. */
export const kept = async (...more: string[]): Promise<string> => {
  reset()
  const { code, err } = await place.start(['plan', ...asked, '-o', 'plan.json', ...more])
  assert.is(code, 0, err)
  assert.is(err, 'The plan is in plan.json. Apply it with: runbook apply plan.json\n')
  return readFileSync(at('plan.json'), 'utf8')
}

/** What an apply that is refused says, with no host contacted. */
export const refused = async (code: number, ...args: string[]): Promise<string> => {
  const before = host.connections
  const ran = await place.start(['apply', 'plan.json', ...args])
  assert.is(ran.code, code, ran.out + ran.err)
  assert.is(host.connections, before)
  assert.not.ok(existsSync(on('text')))
  return ran.err
}
