import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Fragment } from '../../src/core/transport.ts'
import { frameText } from '../../src/host/frame.ts'
import { openShell } from '../../src/host/shell.ts'
import { failuresOf, localWire } from './local.ts'

// What becomes of a frame when nobody is there any more. All else about frames shows in shell.test.ts.

test('half a frame runs nothing, wherever it is cut', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-shell-'))
  const fragments: Fragment[] = [{ sh: `touch ${folder}/a`, step: true }, { sh: `cat <<X >${folder}/b\n'"\nX` }]
  const text = frameText('0'.repeat(32), 1, fragments)
  const cuts = [10, text.indexOf('eval') + 8, text.indexOf('touch') + 12, text.indexOf('X\n'), text.length - 3]
  for (const cut of cuts) {
    const wire = localWire()
    wire.stdout.resume()
    wire.stderr.resume()
    wire.stdin.end(text.slice(0, cut))
    await wire.ended
    assert.not(existsSync(join(folder, 'a')), `cut at ${cut} of ${text.length}`)
  }
  rmSync(folder, { recursive: true })
})

/** Runs `sh` in a shell whose input ends while it runs; resolves when all of its session has ended. */
const cutDuring = async (sh: (folder: string) => string, folder: string): Promise<void> => {
  const wire = localWire()
  const shell = openShell('node0', wire)
  const lost = failuresOf(shell.run([{ sh: sh(folder), step: true }, { sh: `touch ${folder}/behind` }]))
  for (const end = Date.now() + 20_000; !existsSync(join(folder, 'began')) && Date.now() < end; ) await sleep(10)
  wire.stdin.end()
  await Promise.all([lost, wire.ended])
}

test('what runs when the connection ends is told to end, with all it has started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-shell-'))
  // The pipe of the wire is held by each of them: it is over when they are.
  // What the shell waits for says that it has begun: a shell between two commands hears of the end behind the next one.
  const waited = (at: string): string => `sh -c 'touch ${at}/began; exec sleep 600'`
  await cutDuring(at => `trap 'touch ${at}/tidied; exit 1' TERM; sleep 600 & ${waited(at)}`, folder)
  assert.equal(readdirSync(folder).sort(), ['began', 'tidied'])
  rmSync(folder, { recursive: true })
})

test('a daemon with a session of its own stays, and a shell that ends between two frames ends nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-shell-'))
  // It says by itself that it has begun: only then is it in a session of its own.
  const daemon = `echo $$ >${folder}/own; touch ${folder}/began; exec sleep 600`
  await cutDuring(() => `setsid sh -c '${daemon}' >/dev/null 2>&1 & sleep 600`, folder)
  const shell = openShell('node0', localWire())
  await shell.run([{ sh: `sleep 600 >/dev/null 2>&1 & echo $! >${folder}/idle` }])
  shell.close()
  for (const name of ['own', 'idle']) {
    const pid = Number(readFileSync(join(folder, name), 'utf8'))
    assert.ok(process.kill(pid, 'SIGKILL'), `${name} was there`)
  }
  rmSync(folder, { recursive: true })
})

test.run()
