import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  FileFault,
  filesBelow,
  openControllerFile,
  readControllerFile,
  readText,
  sourceFault,
  textIfReadable,
} from '../../src/core/controller-file.ts'
import { refusedOnce, spot } from '../load/refused.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-file-'))
test.after(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
const written = (name: string, bytes: string | Buffer): string => {
  writeFileSync(at(name), bytes)
  return at(name)
}

const faultOf = (read: () => unknown): FileFault => {
  try {
    read()
  } catch (error) {
    if (error instanceof FileFault) return error
    throw error
  }
  return assert.unreachable('it was read') as never
}

mkdirSync(at('folder'))
execFileSync('mkfifo', [at('pipe')])
symlinkSync('nowhere', at('dangling'))
symlinkSync('circle', at('circle'))
symlinkSync('pipe', at('to-pipe'))
truncateSync(written('sparse', ''), 5 * 1024 ** 3)

test('what is no plain file is refused and not opened, however it is read; so is what is too big', async () => {
  const server = createServer().listen(at('socket'))
  await new Promise(resolve => server.on('listening', resolve))
  for (const [path, code, told] of [
    ['/dev/zero', 'NOFILE', 'is a device'],
    ['/dev/random', 'NOFILE', 'is a device'],
    [at('pipe'), 'NOFILE', 'is a named pipe'],
    [at('to-pipe'), 'NOFILE', 'is a named pipe'],
    [at('socket'), 'NOFILE', 'is a socket'],
    [at('folder'), 'EISDIR', 'is a folder'],
    [at('dangling'), 'ENOENT', 'is a link that leads nowhere'],
    [at('circle'), 'ELOOP', 'is a link to itself'],
    [at('none'), 'ENOENT', 'is not there'],
    [join(at('sparse'), 'below'), 'ENOTDIR', 'cannot be read: ENOTDIR'],
    [at('sparse'), 'EFBIG', 'has 5120 MB, and at most 64 MB are read'],
    [at('x'.repeat(300)), 'ENAMETOOLONG', 'cannot be read: ENAMETOOLONG'],
  ] as const) {
    const fault = faultOf(() => readControllerFile(path))
    assert.equal([fault.code, fault.told], [code, told], path)
    if (code !== 'EFBIG') assert.is(faultOf(() => openControllerFile(path)).code, code, path)
    assert.is(textIfReadable(path), undefined)
  }
  server.close()
})

test('the empty device is an empty file', () => {
  assert.is(readText('/dev/null', 'inventory', 'inventory-missing'), '')
  assert.is(sourceFault('/dev/null'), undefined)
  assert.is(sourceFault('/dev/full'), 'is a device')
})

test('a text that is no UTF-8 is refused where it ends to be', () => {
  const read = (bytes: Buffer | string) => {
    const failure = refusedOnce(() => readText(written('text', bytes), 'playbook', 'usage-file'))
    return [failure.what.slice(failure.what.indexOf(' is ') + 1 || failure.what.indexOf(' holds ') + 1), spot(failure)]
  }
  assert.equal(read(Buffer.from('a: b\nc: d\xe9\n', 'latin1')), ['is no UTF-8 text.', '2:5'])
  assert.equal(read(Buffer.concat([Buffer.from('\ufffd é\n\ufffd'), Buffer.from([0xff])])), [
    'is no UTF-8 text.',
    '2:2',
  ])
  assert.equal(read(Buffer.from('\ufeffa: b', 'utf16le')), ['is UTF-16.', '1:1'])
  assert.equal(read(Buffer.from('a: b', 'utf16le')), ['is UTF-16.', '1:1'])
  assert.equal(read(Buffer.from('a: b', 'utf16le').swap16()), ['is UTF-16.', '1:1'])
  assert.equal(read('a: b\nc: \0d'), ['holds a zero byte.', '2:4'])
  assert.is(readText(written('text', '\ufffd: é'), 'playbook', 'usage-file'), '\ufffd: é')
})

test('a folder that leads back into itself, and one with more files than anybody means', () => {
  mkdirSync(at('around'))
  mkdirSync(at('around/below'))
  written('around/a', '')
  symlinkSync('..', at('around/below/up'))
  assert.match(refusedOnce(() => filesBelow(at('around'), 'inventory-missing')).what, 'leads back to')
  assert.equal(
    filesBelow(at('around'), 'inventory-missing', name => name !== 'up'),
    [at('around/a')],
  )
  mkdirSync(at('many'))
  for (let i = 0; i <= 10_000; i += 1) written(`many/${i}`, '')
  assert.match(refusedOnce(() => filesBelow(at('many'), 'inventory-missing')).what, 'at most 10000')
})

test('a pipe that was handed over is read to its end, once for all who ask', () => {
  const door = new URL('../../src/core/controller-file.ts', import.meta.url)
  const reading = `import { readControllerFile } from '${door}'; for (const path of process.argv.slice(1)) process.stdout.write(readControllerFile(path, 1000))`
  const run = (script: string): string =>
    execFileSync('bash', ['-c', script, process.execPath, reading], { encoding: 'utf8', input: 'in\n' })
  const node = '"$0" --input-type=module -e "$1" --'
  assert.is(run(`${node} /dev/stdin /dev/stdin`), 'in\nin\n')
  assert.is(run(`${node} <(echo one) <(sleep 0.1; echo two)`), 'one\ntwo\n')
  assert.throws(() => run(`${node} <(yes)`), /has more than/)
})

test('whoever waits for a pipe that was handed over can be interrupted', async () => {
  const door = new URL('../../src/core/controller-file.ts', import.meta.url)
  const waiting = `import { readControllerFile } from '${door}'; process.on('SIGINT', () => {}); console.log('ready'); readControllerFile('/dev/stdin')`
  // Opened for writing too, it has a writer that says nothing.
  const silent = openSync(at('pipe'), 'r+')
  const child = spawn(process.execPath, ['--input-type=module', '-e', waiting], { stdio: [silent, 'pipe', 'inherit'] })
  await once(child.stdout!, 'data')
  const often = setInterval(() => child.kill('SIGINT'), 50)
  const [, signal] = await once(child, 'exit')
  clearInterval(often)
  closeSync(silent)
  assert.is(signal, 'SIGINT')
})

test.run()
