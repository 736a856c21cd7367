import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { temporary } from './local.ts'

// Root at work in a folder of somebody who changes the names in it while root is at work: `m` and `m/d` are theirs, `victim` is
// root's. Each program that a step starts is a moment at which they act, before it runs and after.

/** Why nothing of this can be tried here, as words behind the name of a test. */
export const noAttacker =
  process.getuid?.() !== 0
    ? ' (skipped: no root here)'
    : spawnSync('setpriv', ['--version']).status !== 0
      ? ' (skipped: no setpriv here; apt-get install util-linux)'
      : ''

const THEM = 12345

/** What they do, in sh, in `m`; `$v` is the victim's folder. What they have moved lies in `m/away`. */
export const swaps: Record<string, string> = {
  'every name in it is a link to a file of root':
    'for f in d/* d/.[!.]*; do [ -e "$f" ] && mv "$f" away/$$.${f##*/} && ln -s "$v/target" "$f"; done',
  'every name in it is a link to a folder of root':
    'for f in d/* d/.[!.]*; do [ -e "$f" ] && mv "$f" away/$$.${f##*/} && ln -s "$v" "$f"; done',
  'every name in it is another name of a file of root':
    'for f in d/* d/.[!.]*; do [ -e "$f" ] && mv "$f" away/$$.${f##*/} && ln "$v/target" "$f"; done',
  'every name in it is a folder of theirs':
    'for f in d/* d/.[!.]*; do [ -e "$f" ] && mv "$f" away/$$.${f##*/} && mkdir "$f" && ln -s "$v/target" "$f/new" && ln -s "$v/target" "$f/was"; done',
  // Another's folder cannot be moved elsewhere, but it can be called something else.
  'every folder in it is a link to a folder of root':
    'for f in d/* d/.[!.]*; do [ -d "$f" ] && [ ! -h "$f" ] && case $f in d/.gone*) false;; esac && mv -T "$f" "d/.gone$$" && ln -s "$v" "$f"; done',
  'the folder itself is a link to one of root': '[ -h d ] || { mv d away/$$.d && ln -s "$v" d; }',
}

/** Programs that a step may start. */
const PROGRAMS =
  'mktemp mkdir rmdir stat ls cp mv ln rm chmod chown sync cat tar base64 gzip sha256sum install touch readlink wc od find tee'.split(
    ' ',
  )

const told = (folder: string): string =>
  execFileSync('find', [folder, '-printf', '%p %y %m %U %G %s %i %l\n'], { encoding: 'utf8' }) +
  readFileSync(join(folder, 'target'), 'utf8')

export type Place = { root: string; d: string; victim: string }
/** Makes it all anew. */
const build = (): Place => {
  const root = temporary()
  chmodSync(root, 0o755)
  const [m, victim] = [join(root, 'm'), join(root, 'victim')]
  for (const folder of [m, join(m, 'd'), join(m, 'away')]) {
    mkdirSync(folder)
    chownSync(folder, THEM, THEM)
  }
  mkdirSync(victim, { mode: 0o755 })
  mkdirSync(join(root, 'bin'))
  for (const name of ['target', 'f', 'new', 'was']) writeFileSync(join(victim, name), 'root alone\n', { mode: 0o600 })
  return { root, d: join(m, 'd'), victim }
}

/** Stands in for the programs: at each call they act, before it or behind it. */
const shim = ({ root, victim }: Place, swap: string, isBefore: boolean): void => {
  const act = join(root, 'act')
  writeFileSync(act, `cd ${join(root, 'm')} || exit; v=${victim}\n${swap}\n`, { mode: 0o755 })
  for (const program of PROGRAMS) {
    const real = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim()
    if (real === '') continue
    const attack = `setpriv --reuid ${THEM} --regid ${THEM} --clear-groups /bin/sh ${act} >/dev/null 2>&1`
    const [first, last] = isBefore ? [attack, ':'] : [':', attack]
    writeFileSync(
      join(root, 'bin', program),
      `#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n${first} </dev/null 3>&- 4>&-\n${real} "$@"; s=$?\n${last} </dev/null\nexit $s\n`,
      { mode: 0o755 },
    )
  }
}

/** Lets a script run while they act; whatever they do, root's is as it was. */
const attacked = (
  swap: string,
  isBefore: boolean,
  script: (place: Place) => string,
  prepare: (place: Place) => void,
  input: Buffer | undefined,
): void => {
  const place = build()
  prepare(place)
  shim(place, swap, isBefore)
  const before = told(place.victim)
  const sh = `PATH=${place.root}/bin:$PATH; umask 022; ( ${script(place)}\n)`
  const ran = spawnSync('sh', ['-c', sh], { ...(input ? { input } : {}), encoding: 'utf8', timeout: 60_000 })
  const words = `${swap}\n${isBefore ? 'before' : 'behind'} each program: ${ran.status} ${ran.stderr}`
  assert.is(told(place.victim), before, words)
  rmSync(place.root, { recursive: true, force: true })
}

/** Tries each swap, at all moments of a script. */
export const survives = (
  script: (place: Place) => string,
  prepare: (place: Place) => void = () => {},
  input?: Buffer,
): void => {
  for (const [i, swap] of Object.values(swaps).entries()) attacked(swap, i % 2 === 1 || i === 4, script, prepare, input)
}

/** What lies in their folder when nobody acts. */
export const quiet = (script: (place: Place) => string, prepare: (place: Place) => void = () => {}, input?: Buffer) => {
  const place = build()
  prepare(place)
  const ran = spawnSync('sh', ['-c', `umask 022; ( ${script(place)}\n)`], {
    ...(input ? { input } : {}),
    encoding: 'utf8',
  })
  return { ...place, status: ran.status, stderr: ran.stderr, names: readdirSync(place.d).toSorted() }
}
