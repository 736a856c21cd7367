import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { content, sha256 } from '../../src/core/value.ts'
import { type Guard, movedStatus } from '../../src/module/guard.ts'
import { attributes, exec, folder, link, type Step, uncut } from '../../src/module/step.ts'
import { refusedStatus } from '../../src/run/file-placing.ts'
import { rewrite, stepScript } from '../../src/run/step-script.ts'
import { cases, fc } from '../chance.ts'
import { temporary } from './local.ts'

const root = temporary()
const memory = new Map([['born', 's3cret']])
/** Runs steps as fragments are run: each in a subshell, after the shell's usual start. */
const run = (...steps: Step[]): { status: number | null; stdout: string; stderr: string } =>
  sh(steps.map(step => `( ${stepScript(step, memory, 'root')} ) || exit $?`).join('\n'))
const sh = (text: string) => spawnSync('sh', { input: `umask 022\n${text}\n`, encoding: 'utf8' })
const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8)
const write = (path: string, text: string | Buffer, more = {}): Step => ({
  do: 'write',
  path,
  content: content(text),
  mode: '0644',
  ...more,
})

test('write: any bytes, the mode asked for, nothing beside it', () => {
  const at = join(root, 'w')
  mkdirSync(at)
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.string().map(s => Buffer.from(s)),
      ),
      bytes => {
        assert.is(run(write(join(at, 'f'), Buffer.from(bytes), { mode: '0600' })).status, 0)
        assert.ok(readFileSync(join(at, 'f')).equals(Buffer.from(bytes)))
      },
    ),
    { numRuns: cases(60) },
  )
  assert.is(mode(join(at, 'f')), '600')
  assert.equal(readdirSync(at), ['f'])
})

test('check: a program sees the new file, with its mode, and what it refuses is put nowhere', () => {
  const at = join(root, 'check')
  mkdirSync(at)
  const file = join(at, 'f')
  writeFileSync(file, 'old')
  const see = `cat "$1"; stat -c %a "$1"; echo "in $PWD as $0"; [ "$(cat "$1")" = good ]`
  const check = ['sh', '-c', see, '50%%', '%s']
  const refused = run(write(file, 'bad', { check, mode: '0640', backup: 'backup_file' }))
  assert.is(refused.status, refusedStatus)
  assert.is(refused.stdout, '')
  assert.is(refused.stderr, 'bad640\nin / as 50%\n')
  assert.is(readFileSync(file, 'utf8'), 'old')
  assert.equal(readdirSync(at), ['f'])
  assert.is(run(write(file, 'good', { check, mode: '0640' })).status, 0)
  assert.is(readFileSync(file, 'utf8'), 'good')
  assert.is(mode(file), '640')
  assert.equal(readdirSync(at), ['f'])
})

test('check: a program that ends as a guard does has refused it all the same', () => {
  const file = join(root, 'as-a-guard')
  const over: Guard = { path: file, kind: 'absent' }
  assert.is(run(write(file, 'x', { check: ['sh', '-c', `exit ${movedStatus}`, '%s'], over })).status, refusedStatus)
  assert.not.ok(existsSync(file))
})

test('backup: what was there is kept as it was, twice in a frame under two names, and never of nothing', () => {
  const at = join(root, 'backup')
  mkdirSync(at)
  const file = join(at, 'f')
  const step = (text: string): Step => write(file, text, { backup: 'backup_file' })
  assert.is(run(step('one')).stdout, '')
  chmodSync(file, 0o600)
  utimesSync(file, 1e9, 1e9)
  const { status, stdout } = run(step('two'), step('three'))
  assert.is(status, 0)
  const kept = readdirSync(at).filter(name => name !== 'f')
  assert.is(kept.length, 2)
  for (const name of kept) assert.match(name, /^f\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~$/)
  assert.is(stdout.length, kept.map(name => join(at, name)).join('').length)
  const first = kept.find(name => readFileSync(join(at, name), 'utf8') === 'one')!
  assert.is(mode(join(at, first)), '600')
  assert.is(statSync(join(at, first)).mtimeMs, 1e12)
  assert.equal(kept.map(name => readFileSync(join(at, name), 'utf8')).sort(), ['one', 'two'])
})

test('backup: of a link the link is kept', () => {
  const at = join(root, 'backup-link')
  mkdirSync(at)
  symlinkSync('nowhere', join(at, 'f'))
  const { status, stdout } = run(write(join(at, 'f'), 'x', { backup: 'backup_file' }))
  assert.is(status, 0)
  assert.is(readlinkSync(stdout), 'nowhere')
})

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0
;(canMount ? test : test.skip)('inPlace: a file that is mounted by itself is written over, and no other', () => {
  const at = join(root, 'mounted')
  mkdirSync(at)
  const [file, source] = [join(at, 'f'), join(at, 'source')]
  for (const path of [file, source]) writeFileSync(path, 'old')
  chmodSync(source, 0o600)
  const within = (step: Step): number | null =>
    spawnSync('unshare', ['-m', 'sh'], {
      input: `mount --bind ${source} ${file} || exit 9\n( ${stepScript(step, memory, 'root')} )\n`,
    }).status
  assert.is(within(write(file, 'new')), 1)
  assert.is(readFileSync(source, 'utf8'), 'old')
  assert.is(within(write(file, 'new', { inPlace: true, mode: '0640', backup: 'backup_file' })), 0)
  assert.is(readFileSync(source, 'utf8'), 'new')
  assert.is(mode(source), '640')
  assert.is(run(write(file, 'plain', { inPlace: true })).status, 0)
  assert.is(readFileSync(file, 'utf8'), 'plain')
  assert.is(readdirSync(at).length, 3)
})

test('duplicate: what lies beside it for this alone is gone, whatever comes of it', () => {
  const at = join(root, 'spent')
  mkdirSync(at)
  const [from, path] = [join(at, '.f.new'), join(at, 'f')]
  const step = (more: object): Step => ({ do: 'duplicate', from, path, mode: '0644', spent: true, ...more }) as Step
  writeFileSync(from, 'x')
  assert.is(run(step({ check: ['false', '%s'] })).status, refusedStatus)
  assert.equal(readdirSync(at), [])
  writeFileSync(from, 'x')
  assert.is(run(step({ digest: sha256('other') })).status, 1)
  assert.equal(readdirSync(at), [])
  writeFileSync(from, 'x')
  assert.is(run(step({ digest: sha256('x') })).status, 0)
  assert.equal(readdirSync(at), ['f'])
})

test('flags: of a file system that has some', () => {
  const file = join(root, 'flagged')
  writeFileSync(file, 'x')
  if (spawnSync('chattr', ['+A', file]).status !== 0) return
  assert.is(run({ do: 'flags', path: file, change: '-A' }).status, 0)
  assert.not.match(spawnSync('lsattr', [file], { encoding: 'utf8' }).stdout.split(' ')[0]!, /A/)
})

test('duplicate: another file than the one that was planned with is put nowhere', () => {
  const at = join(root, 'd')
  mkdirSync(at)
  writeFileSync(join(at, 'secret'), 'secret')
  symlinkSync('secret', join(at, 'from'))
  const step = { do: 'duplicate', from: join(at, 'from'), path: join(at, 'f'), mode: '0644' } as const
  const { status, stderr } = run({ ...step, digest: sha256(Buffer.from('public')) })
  assert.is(status, 1)
  assert.match(stderr, `${at}/from is not what it was`)
  assert.equal(readdirSync(at).sort(), ['from', 'secret'])
  assert.is(run({ ...step, digest: sha256(Buffer.from('secret')) }).status, 0)
  assert.is(readFileSync(join(at, 'f'), 'utf8'), 'secret')
})

test('a program that is not to be cut hears nothing of the end of its connection', () => {
  const argv = ['sh', '-c', 'for s in HUP INT TERM; do kill -s $s $$; done; echo on']
  assert.is(run(uncut(argv)).stdout, 'on\n')
  assert.is(run(exec(argv)).stdout, '')
})

test('write: odd names; a link is replaced, not followed; large content', () => {
  for (const name of ["it's", 'a b', '-n', 'two\nlines', '$x']) {
    assert.is(run(write(join(root, name), name)).status, 0)
    assert.is(readFileSync(join(root, name), 'utf8'), name)
  }
  writeFileSync(join(root, 'target'), 'target')
  symlinkSync('target', join(root, 'link'))
  run(write(join(root, 'link'), 'new'))
  assert.is(readFileSync(join(root, 'target'), 'utf8'), 'target')
  assert.is(readFileSync(join(root, 'link'), 'utf8'), 'new')
  const big = Buffer.alloc(900_000, 'abc\n')
  run(write(join(root, 'big'), big))
  assert.ok(readFileSync(join(root, 'big')).equals(big))
})

test('write: what fails leaves what was there, and nothing else', () => {
  const at = join(root, 'fails')
  mkdirSync(at)
  writeFileSync(join(at, 'f'), 'old')
  assert.not.equal(run(write(join(at, 'f'), 'new', { owner: 'nosuchuser' })).status, 0)
  assert.not.equal(run(write(join(at, 'none/f'), 'new')).status, 0)
  assert.equal(readdirSync(at), ['f'])
  assert.is(readFileSync(join(at, 'f'), 'utf8'), 'old')
})

test('write: a cut at any of its programs leaves the old file or the new one, and nothing beside it', () => {
  const at = join(root, 'cut')
  const bin = join(root, 'bin')
  for (const folder of [at, bin]) mkdirSync(folder)
  const cut = (program: string): string => {
    writeFileSync(join(at, 'f'), 'old')
    const real = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim()
    // What the end of a connection does: the whole group is told to end while the program runs.
    writeFileSync(join(bin, program), `#!/bin/sh\n${real} "$@"; kill -TERM 0; exec sleep 10\n`, { mode: 0o755 })
    const script = `umask 022; PATH=${bin}:$PATH; ( ${stepScript(write(join(at, 'f'), 'new'), memory, 'root')} )\n`
    spawnSync('setsid', ['-w', 'sh'], { input: script })
    unlinkSync(join(bin, program))
    return readFileSync(join(at, 'f'), 'utf8')
  }
  assert.equal(['chmod', 'sync', 'mv'].map(cut), ['old', 'old', 'new'])
  assert.equal(readdirSync(at), ['f'])
})

test('write: what a machine has left that lost its power goes with the next write, and nothing else does', () => {
  const at = join(root, 'left')
  mkdirSync(at)
  const others = ['.f.runbook-1234567', '.f.runbook', '.f.backup', '.g.runbook-123456', '.f.runbook-folder']
  mkdirSync(join(at, '.f.runbook-folder'))
  for (const name of [...others.slice(0, -1), '.f.runbook-123456', '.f.runbook-AbCdEf'])
    writeFileSync(join(at, name), 'x')
  run(write(join(at, 'f'), 'new'))
  assert.equal(readdirSync(at).sort(), ['f', ...others].sort())
  assert.is(run(write(join(at, 'n'.repeat(255)), 'new')).status, 0, 'the longest of names')
})

test('write: what is replaced is looked at last of all, after the bytes are on the disk', () => {
  const at = join(root, 'guarded')
  const bin = join(root, 'guarded-bin')
  for (const folder of [at, bin]) mkdirSync(folder)
  writeFileSync(join(at, 'f'), 'old')
  const over: Guard = { path: join(at, 'f'), kind: 'file', digest: sha256('old') }
  const step = write(join(at, 'f'), 'new', { over })
  // Somebody else writes while the bytes are on their way to the disk.
  writeFileSync(join(bin, 'sync'), `#!/bin/sh\nprintf theirs >${at}/f\n`, { mode: 0o755 })
  const { status, stdout } = sh(`PATH=${bin}:$PATH; ( ${stepScript(step, memory, 'root')} )`)
  assert.equal([status, stdout], [movedStatus, join(at, 'f')])
  assert.is(readFileSync(join(at, 'f'), 'utf8'), 'theirs')
  assert.equal(readdirSync(at), ['f'])
  writeFileSync(join(at, 'f'), 'old')
  assert.is(run(step).status, 0)
  assert.is(readFileSync(join(at, 'f'), 'utf8'), 'new')
})

test('write: set-ID bits stay when the owner changes, in whatever order', () => {
  run(write(join(root, 'setuid'), 'x', { mode: '4755', owner: '1000', group: '1000' }))
  assert.is(mode(join(root, 'setuid')), '4755')
  assert.is(statSync(join(root, 'setuid')).uid, 1000)
})

test('a value that another step made is content, never an argument', () => {
  run(write(join(root, 'key'), '', { content: { from: 'born', before: '<', after: '>\n' } }))
  assert.is(readFileSync(join(root, 'key'), 'utf8'), '<s3cret>\n')
  assert.throws(() => stepScript(write('/x', '', { content: { from: 'unborn' } }), memory, 'root'), /unborn/)
})

test('exec: words stand for themselves; folder, environment, input, exit statuses', () => {
  const words = ['printf', '%s|', "it's", '$HOME', '`x`', 'a b', '', '*', '-n', '\\', 'ż\n']
  assert.is(run(exec(words)).stdout, "it's|$HOME|`x`|a b||*|-n|\\|ż\n|")
  assert.is(run(exec(['pwd'], { cwd: root })).stdout.trim(), root)
  assert.is(run(exec(['sh', '-c', 'echo "$A-$B"'], { env: { A: 'x y', B: "'" } })).stdout, "x y-'\n")
  assert.is(run(exec(['cat'], { stdin: content('in\0put') })).stdout, 'in\0put')
  assert.is(run(exec(['sh', '-c', 'exit 3'])).status, 3)
  assert.is(run(exec(['sh', '-c', 'exit 3'], { success: [0, 3] })).status, 0)
  assert.is(run(exec(['sh', '-c', 'exit 4'], { success: [0, 3] })).status, 4)
  assert.is(run(exec(['pwd'], { cwd: '/nosuch' })).status === 0, false)
})

test('exec: a folder that is not there runs nothing', () => {
  const { stdout, status } = run(exec(['echo', 'ran'], { cwd: '/nosuch', success: [0, 1, 2] }))
  assert.is(stdout, '')
  assert.not.equal(status, 0)
})

test('remove: files, folders with all in them, links but not what they point to, nothing', () => {
  mkdirSync(join(root, 'r/a/b'), { recursive: true })
  mkdirSync(join(root, 'kept'))
  writeFileSync(join(root, 'kept/f'), '')
  symlinkSync('kept', join(root, 'to-kept'))
  for (const name of ['r', 'to-kept', 'never-there']) assert.is(run({ do: 'remove', path: join(root, name) }).status, 0)
  assert.not(existsSync(join(root, 'r')))
  assert.ok(existsSync(join(root, 'kept/f')))
})

test('folders: parents are made, the mode is the last one’s', () => {
  run(folder(join(root, 'deep/er/est'), '0700'))
  assert.equal(
    ['deep', 'deep/er', 'deep/er/est'].map(name => mode(join(root, name))),
    ['755', '755', '700'],
  )
})

test('links: made, switched, over a link to a folder', () => {
  mkdirSync(join(root, 'l1'))
  for (const target of ['l1', 'l2', '../x']) {
    assert.is(run(...link(join(root, 'switch'), target)).status, 0)
    assert.is(sh(`readlink ${root}/switch`).stdout.trim(), target)
  }
  assert.equal(readdirSync(join(root, 'l1')), [])
  mkdirSync(join(root, 'switch.runbook-new'))
  assert.is(run(...link(join(root, 'switch'), 'l3')).status, 0)
  assert.equal(readdirSync(join(root, 'switch.runbook-new')), [])
  assert.is(sh(`readlink ${root}/switch`).stdout.trim(), 'l3')
})

test('attributes: of a link itself; only what is given', () => {
  writeFileSync(join(root, 'owned'), '')
  symlinkSync('owned', join(root, 'owned-link'))
  run(...attributes(join(root, 'owned-link'), undefined, { owner: '1000' }))
  assert.is(statSync(join(root, 'owned')).uid, 0)
  run(...attributes(join(root, 'owned'), '0640', { group: '1000' }))
  assert.equal(
    [statSync(join(root, 'owned')).uid, statSync(join(root, 'owned')).gid, mode(join(root, 'owned'))],
    [0, 1000, '640'],
  )
})

test('generate: as many bytes as asked, as hex, another each time', () => {
  const [a, b] = [1, 2].map(() => run({ do: 'generate', name: 'x', bytes: 32 }).stdout)
  assert.match(a!, /^[0-9a-f]{64}$/)
  assert.is.not(a, b)
})

test('rewrite: mode and owner stay', () => {
  const path = join(root, 'json')
  writeFileSync(path, '{}')
  chmodSync(path, 0o640)
  sh(`chown 1000:1001 ${path}`)
  assert.is(sh(rewrite(path, Buffer.from('{"a":1}'), { path, kind: 'there', digest: sha256('{}') })).status, 0)
  const { uid, gid } = statSync(path)
  assert.equal([readFileSync(path, 'utf8'), mode(path), uid, gid], ['{"a":1}', '640', 1000, 1001])
})

if (process.getuid?.() === 0)
  test('a step of another user has that home and name, its own variables, and nothing else', () => {
    const step = exec(['sh', '-c', 'env; cat'], { user: 'daemon', env: { A: "it's" }, stdin: content('given') })
    const { stdout } = spawnSync('sh', ['-c', stepScript(step, memory, 'root')!], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, CLUSTER_SECRET: 'x', HOME: '/root', LANG: 'C.UTF-8' },
    })
    const said = new Set(stdout.split('\n'))
    for (const line of ['HOME=/usr/sbin', 'USER=daemon', 'LANG=C.UTF-8', "A=it's", 'given'])
      assert.ok(said.has(line), stdout)
    assert.not.match(stdout, 'CLUSTER')
  })

test.run()
