import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { portableProgram, portableScript } from '../../../src/module/probes/portable.ts'
import { processStart, service } from '../../../src/module/probes/service.ts'
import type { ServiceAnswer } from '../../../src/module/probes/unit-answer.ts'
import { cases } from '../../chance.ts'
import { probed, temporary } from './local.ts'

const run = promisify(execFile)
const found = ['dash', 'bash', 'busybox'].flatMap(name => {
  const path = ['/bin', '/usr/bin'].map(folder => `${folder}/${name}`).find(existsSync)
  return path === undefined ? [] : [{ name, path }]
})
/** The shells of this machine that it is tried in. Where only a few cases are, it is the first. */
export const shells = found.slice(0, cases(found.length))

/** A folder of units for one shell, and what can be done with them. */
export const place = (shell: string, script = portableScript.bytes.toString()) => {
  const folder = temporary()
  mkdirSync(`${folder}/bin`)
  mkdirSync(`${folder}/.runbook`)
  symlinkSync(shell, `${folder}/bin/sh`)
  const path = (name: string): string => `${folder}/${name}`
  writeFileSync(portableProgram(path('a')), script)
  const env = { ...process.env, PATH: `${folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, SECRET: 'of the caller' }
  const act = (...words: string[]) => run(path('bin/sh'), [portableProgram(path('a')), ...words], { env })
  const see = (name = 'a'): ServiceAnswer & { at: string } => {
    const [unit, started] = [service(path(name)), processStart(path(name))]
    const [raw] = probed(unit.probe, [{ item: unit.item, facets: [] }], text =>
      spawnSync(path('bin/sh'), { input: text, env }),
    )
    return { ...unit.parse(raw), ...started.parse(raw) }
  }
  const until = async (what: string, ask: () => boolean): Promise<void> => {
    for (const end = Date.now() + 10_000; !ask(); await new Promise(resolve => setTimeout(resolve, 10)))
      if (Date.now() > end) throw new Error(`not within 10 s: ${what}\n${JSON.stringify(see())}\n${log()}`)
  }
  const log = (): string => (existsSync(path('a.log')) ? readFileSync(path('a.log'), 'utf8') : '')
  const times = (words: string): number => log().split(words).length - 1
  const unit = (text: string, name = 'a'): void => writeFileSync(path(`${name}.service`), `[Service]\n${text}\n`)
  /** A unit that runs a script. */
  const daemon = (script: string, more: string): void => {
    writeFileSync(path('d'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    unit(`ExecStart=${path('d')}\n${more}`)
  }
  /** The daemon's number, as the manager has written it down. */
  const main = (): number => Number(readFileSync(path('.runbook/a.service.state'), 'utf8').split(' ')[8])
  return { path, act, see, until, log, times, unit, daemon, main }
}

export const alive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
export const supervisors = (path: string): string[] =>
  readdirSync('/proc').filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`${path}\0supervise`)
    } catch {
      return false
    }
  })
