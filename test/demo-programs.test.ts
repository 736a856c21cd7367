import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pack } from './artifact/rig.ts'
import { type Handler, honest, serve } from './artifact/server.ts'
import { bin, closedPort, sandbox } from './cli/rig.ts'
import { choosePrograms, notePrograms, type Programs, type ProgramsAsked } from './demo-programs.ts'

const place = sandbox()
test.after(place.remove)
const kubo = gzipSync(pack({ 'kubo/ipfs': 'the real one' }))
const path = '/kubo/v0.42.0/kubo_v0.42.0_linux-amd64.tar.gz'
const note = join(place.folder, 'lab', 'programs')

/** A demo with one program, from a mirror of this machine. */
const asked = (mirror: string, more: Partial<ProgramsAsked> = {}): ProgramsAsked & { told: string[] } => {
  const told: string[] = []
  place.write('play.yml', `- hosts: all\n  tasks:\n    - ipfs_install: { version: v0.42.0, mirrors: ["${mirror}"] }\n`)
  const env = { ...process.env, XDG_CACHE_HOME: join(place.folder, 'cache'), NO_PROXY: '127.0.0.1' }
  const argv = [process.execPath, bin, 'artifacts', 'fetch', 'play.yml', '-i', 'a,', '--lock', 'demo.lock']
  return {
    env: {},
    note,
    fetch: { argv: [...argv, '--format', 'json'], folder: place.folder, env },
    patience: 20_000,
    say: text => told.push(text),
    told,
    ...more,
  }
}

/** What is chosen where a server of this machine answers like this. */
const chosen = async (handler: Handler, more: Partial<ProgramsAsked> = {}) => {
  const server = await serve(handler)
  try {
    const one = asked(server.base, more)
    return { programs: await choosePrograms(one), told: one.told, requests: server.asked.length }
  } finally {
    await server.close()
  }
}

const whyOf = (programs: Programs): string => (programs.kind === 'standin' ? programs.why : '')

test('where nobody listens, nobody knows it, or nobody answers, the stand-ins are taken, and why is said', async () => {
  const port = await closedPort()
  assert.match(whyOf(await choosePrograms(asked(`http://127.0.0.1:${port}`))), 'nothing listens there')
  assert.match(whyOf((await chosen((_, response) => void response.writeHead(404).end())).programs), '404')
  const began = Date.now()
  const silent = await chosen(() => {}, { patience: 3000 })
  assert.equal(silent.programs, { kind: 'standin', why: 'nothing came for 3 s' })
  assert.ok(Date.now() - began < 6000)
})

test('the real ones are downloaded once, and come from the cache from then on', async () => {
  const first = await chosen(honest({ [path]: kubo }))
  assert.equal(first.programs, { kind: 'real' })
  assert.match(first.told.join('\n'), /^downloading kubo_v0\.42\.0_linux-amd64\.tar\.gz from http/)
  assert.ok(existsSync(join(place.folder, 'demo.lock')))
  const second = await chosen((_, response) => void response.writeHead(404).end())
  assert.equal(second, { programs: { kind: 'real' }, told: [], requests: 0 })
})

test('with CI set, or on a lab that has the stand-ins, nobody is asked', async () => {
  const ci = await chosen(honest({ [path]: kubo }), { env: { CI: 'true' } })
  assert.equal([ci.programs, ci.requests], [{ kind: 'standin', why: 'CI is set' }, 0])
  notePrograms(note, ci.programs)
  assert.not.ok(existsSync(note), 'the lab is not there')
  mkdirSync(join(place.folder, 'lab'))
  notePrograms(note, { kind: 'folder', folder: 'x' })
  assert.not.ok(existsSync(note))
  notePrograms(note, ci.programs)
  assert.is(readFileSync(note, 'utf8'), 'standin\n')
  const again = await chosen(honest({ [path]: kubo }))
  assert.equal([again.programs.kind, again.requests], ['standin', 0])
})

test('RUNBOOK_ARTIFACTS wins over all of it', async () => {
  const { programs } = await chosen(honest({}), { env: { CI: 'true', RUNBOOK_ARTIFACTS: 'site' } })
  assert.equal(programs, { kind: 'folder', folder: 'site' })
})

test.run()
