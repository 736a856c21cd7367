#!/usr/bin/env node
/*
 * The bin: plain JavaScript that any Node can read. Where the machine's Node is too old it hands over to the one that
 * npm installed with the project. Where it is not, it turns on the compile cache before anything is imported. In a
 * checkout it runs the TypeScript sources; the package has it with the JavaScript that is built of them.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [major, minor] = process.versions.node.split('.').map(Number)
const isTooOld = major < 22 || (major === 22 && minor < 18)
const installed = `${root}node_modules/.bin/node`

if (process.argv.length === 3 && ['--version', 'version'].includes(process.argv[2])) {
  process.stdout.write(`${JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version}\n`)
} else if (!isTooOld) {
  // Asked for by name: as an import it would bring all that the module can do, and evaluate it.
  process.getBuiltinModule('node:module').enableCompileCache?.()
  const { main } = await import('./cli/main.ts')
  await main(process.argv.slice(2))
} else if (existsSync(installed) && !process.env.RUNBOOK_HANDED_OVER) {
  const { spawn } = await import('node:child_process')
  const env = { ...process.env, RUNBOOK_HANDED_OVER: '1' }
  // What a shell hands over with `<(…)` is named by its number.
  const handed = process.argv.flatMap(word => Number(/\/fd\/(\d{1,4})$/.exec(word)?.[1] ?? []))
  const stdio = Array.from({ length: Math.max(2, ...handed) + 1 }, (_, at) =>
    at < 3 || handed.includes(at) ? at : 'ignore',
  )
  const child = spawn(installed, process.argv.slice(1), { stdio, env })
  // Ctrl-C reaches both; a signal that was sent to this process alone is meant for the one that does the work.
  const passed = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of passed) process.on(signal, () => child.kill(signal))
  child.on('error', error => {
    process.stderr.write(`${installed} cannot be run: ${error.message}\n`)
    process.exitCode = 70
  })
  child.on('exit', (code, signal) => {
    for (const name of passed) process.removeAllListeners(name)
    if (signal) process.kill(process.pid, signal)
    else process.exitCode = code
  })
} else {
  // A checkout has one among what it is developed with; a package comes without.
  const fix = import.meta.url.endsWith('/src/runbook.mjs') ? ' Run `npm install` here: it brings one along.' : ''
  process.stderr.write(`runbook needs Node 22.18 or newer; this is ${process.versions.node}.${fix}\n`)
  process.exitCode = 4
}
