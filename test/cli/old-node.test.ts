import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bin, privateKey, sandbox } from './rig.ts'

/** The machine's own Node, which need not be the one that runs this. */
const nodes = (process.env.PATH ?? '')
  .split(':')
  .filter(folder => folder !== '' && !folder.endsWith('node_modules/.bin'))
  .map(folder => `${folder}/node`)
  .filter(file => existsSync(file))

const isTooOld = (node: string): boolean => {
  const [major = 0, minor = 0] = `${spawnSync(node, ['--version']).stdout}`.slice(1).split('.').map(Number)
  return major < 22 || (major === 22 && minor < 18)
}
const old = nodes.find(isTooOld)

const test = suite(old ? 'old Node' : 'old Node (skipped: the Node of this machine is new enough)')
const check = old ? test : test.skip
const place = sandbox()
test.after(place.remove)

check('hands over to the Node that npm has installed, exit code and all', () => {
  const { code, out } = place.run(['--help'], { node: old! })
  assert.is(code, 0)
  assert.match(out, 'Usage: runbook')
  assert.is(place.run(['frob'], { node: old! }).code, 4)
})

check('where there is none, says in one line what is wrong and what to do', () => {
  const { code, out, err } = place.run(['--help'], { node: old!, env: { RUNBOOK_HANDED_OVER: '1' } })
  assert.is(code, 4)
  assert.is(out, '')
  assert.match(err, /^runbook needs Node 22\.18 or newer; this is [\d.]+\. Run `npm install`.*\n$/)
})

check('tells its version all the same', () => {
  assert.is(place.run(['--version'], { node: old! }).code, 0)
})

check('passes on a signal that only it was sent, and ends with the other one', async () => {
  const silent = createServer(socket => void socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as { port: number }
  place.write('key', privateKey())
  place.write('hosts.ini', `a ansible_host=127.0.0.1 ansible_port=${port} ansible_ssh_private_key_file=key\n`)
  place.write('play.yml', "- hosts: a\n  tasks:\n    - debug: '{{ facts.system }}'\n")
  const child = spawn(old!, [bin, 'plan', 'play.yml', '-i', 'hosts.ini', '--format', 'json'], { cwd: place.folder })
  let out = ''
  child.stdout.on('data', data => {
    out += data
  })
  await once(silent, 'connection')
  child.kill('SIGTERM')
  const [code] = await once(child, 'close')
  silent.close()
  assert.is(code, 130)
  assert.match(out.trimEnd().split('\n').at(-1)!, /"type":"summary","exit":130/)
})

test.run()
