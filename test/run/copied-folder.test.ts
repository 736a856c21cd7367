import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failuresOf, type Ran, type Rig, results, verdicts, withRig } from '../plan/rig.ts'
import { temporary } from './local.ts'

const play = (args: string): string => `- hosts: all\n  tasks:\n    - { name: c, copy: { ${args} } }\n`
const steps = (ran: Ran): number => ran.events.reduce((sum, e) => sum + (e.type === 'result' ? e.steps : 0), 0)
const mode = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8)

/** A folder of the controller, filled by `fill`. */
const folderOf = (fill: (root: string) => void): string => {
  const root = join(temporary(), 'site')
  mkdirSync(root)
  fill(root)
  return root
}

/** Applies a copy of a folder, and once more, when nothing may be left to do. */
const copied = (args: string, judge: (root: string, ran: Ran, rig: Rig) => void, before?: (root: string) => void) =>
  withRig(play(args), {}, async rig => {
    const root = rig.hosts.root('node0')
    before?.(root)
    const ran = await rig.apply()
    assert.equal(failuresOf(ran), {}, JSON.stringify(ran.outcome.failures))
    judge(root, ran, rig)
    const again = await rig.apply()
    assert.equal(results(again), { 'node0/c': 'ok' })
    assert.is(steps(again), 0)
  })

/** All names below a folder, as bytes. */
const namesIn = (folder: string): string[] =>
  readdirSync(Buffer.from(folder), { recursive: true, encoding: 'buffer' } as never)
    .map(name => (name as unknown as Buffer).toString('latin1'))
    .sort()

test('folders made below one with the set-group-ID bit have the mode that is promised', () =>
  copied(
    `src: ${folderOf(root => mkdirSync(join(root, 'below')))}, dest: "{{ root }}/shared"`,
    root => assert.is(mode(join(root, 'shared', 'site', 'below')), '755'),
    root => {
      mkdirSync(join(root, 'shared'))
      chmodSync(join(root, 'shared'), 0o2775)
    },
  ))

test('a thousand small files are one frame to read and one to write, planned exactly', () => {
  const from = folderOf(root => {
    for (let i = 0; i < 1000; i++) {
      mkdirSync(join(root, `d${i % 10}`), { recursive: true })
      writeFileSync(join(root, `d${i % 10}`, `f${i}`), `${i}`.padEnd(1024, '.'))
    }
  })
  return withRig(play(`src: ${from}/, dest: "{{ root }}/www", mode: "0640"`), {}, async rig => {
    const root = join(rig.hosts.root('node0'), 'www')
    const plan = await rig.plan()
    assert.equal(verdicts(plan), { 'node0/c': 'change' })
    assert.is(plan.trips.node0, 1)
    const [line] = plan.lines
    assert.is(line!.will.filter(([, patch]) => (patch as { kind?: string }).kind === 'file').length, 1000)
    assert.match(line!.why!, '1000 files')
    const ran = await rig.apply()
    assert.equal(results(ran), { 'node0/c': 'changed' })
    assert.is(ran.trips.node0, 3, 'one to plan, one to be sure of it, one to write and to read again')
    assert.is(namesIn(root).length, 1010)
    assert.is(readFileSync(join(root, 'd7', 'f507'), 'utf8'), '507'.padEnd(1024, '.'))
    assert.is(mode(join(root, 'd7', 'f507')), '640')
    writeFileSync(join(root, 'd7', 'f507'), 'moved')
    const again = await rig.apply()
    assert.is(steps(again), 1)
    assert.is(again.trips.node0, 3)
    assert.match(again.lines[0]!.why!, '1 of 1000 files is not as in the folder, first d7/f507')
  })
})

test('names of all kinds, empty folders, empty files, links', () => {
  const bytes = (name: string): Buffer => Buffer.from(name, 'latin1')
  const names = [
    'plain',
    'a b',
    "it's",
    '-n',
    '$x',
    'two\nlines',
    'tab\t',
    '\xff\xfe',
    'caf\xc3\xa9',
    'half\xc3',
    '..odd',
    '.hidden',
    'l'.repeat(255),
    'end\n',
    '*',
    '\\',
    '"',
    '\xff\n\xff',
  ]
  const from = folderOf(root => {
    for (const folder of ['', 'sub/', 'deep/er/', 'od\xffd/']) {
      mkdirSync(Buffer.concat([Buffer.from(`${root}/`), bytes(folder)]), { recursive: true })
      for (const name of names)
        writeFileSync(Buffer.concat([Buffer.from(`${root}/`), bytes(folder), bytes(name)]), `${folder}${name}`)
    }
    mkdirSync(join(root, 'empty', 'below'), { recursive: true })
    writeFileSync(join(root, 'nothing'), '')
    writeFileSync(join(root, 'binary'), Buffer.from([0, 1, 255, 10, 13, 39]))
  })
  return copied(`src: ${from}, dest: "{{ root }}"`, root => {
    assert.equal(namesIn(join(root, 'site')), namesIn(from))
    for (const name of namesIn(from)) {
      const at = (folder: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), bytes(name)])
      if (statSync(at(from)).isFile())
        assert.ok(readFileSync(at(join(root, 'site'))).equals(readFileSync(at(from))), name)
    }
    assert.equal(readdirSync(root), ['site'], 'nothing is left beside it')
  })
})

test('links are followed, or kept; one that leads nowhere or back up is a link either way', async () => {
  const outside = temporary()
  writeFileSync(join(outside, 'file'), 'outside')
  mkdirSync(join(outside, 'folder'))
  writeFileSync(join(outside, 'folder', 'in'), 'in')
  const from = folderOf(root => {
    writeFileSync(join(root, 'file'), 'file')
    symlinkSync('file', join(root, 'to-file'))
    symlinkSync(join(outside, 'folder'), join(root, 'to-folder'))
    symlinkSync('nowhere', join(root, 'broken'))
    symlinkSync('.', join(root, 'round'))
  })
  await copied(`src: ${from}/, dest: "{{ root }}/x"`, root => {
    assert.ok(lstatSync(join(root, 'x/to-file')).isFile())
    assert.is(readFileSync(join(root, 'x/to-folder/in'), 'utf8'), 'in')
    assert.is(readlinkSync(join(root, 'x/broken')), 'nowhere')
    assert.is(readlinkSync(join(root, 'x/round')), '.')
  })
  await copied(`src: ${from}/, dest: "{{ root }}/x", local_follow: false`, root => {
    assert.is(readlinkSync(join(root, 'x/to-file')), 'file')
    assert.is(readlinkSync(join(root, 'x/to-folder')), join(outside, 'folder'))
  })
})

test('modes: those that are said, that of the file, or what is there; folders that are there keep theirs', async () => {
  const from = folderOf(root => {
    writeFileSync(join(root, 'script'), 'x')
    chmodSync(join(root, 'script'), 0o750)
    writeFileSync(join(root, 'text'), 'y')
    mkdirSync(join(root, 'old'))
    mkdirSync(join(root, 'new'))
    writeFileSync(join(root, 'old', 'f'), 'new')
  })
  await copied(
    `src: ${from}/, dest: "{{ root }}", mode: preserve, directory_mode: "0711"`,
    root => {
      assert.is(mode(join(root, 'script')), '750')
      assert.is(mode(join(root, 'text')), '644')
      assert.is(mode(join(root, 'new')), '711')
      assert.is(mode(join(root, 'old')), '700')
    },
    root => mkdirSync(join(root, 'old'), { mode: 0o700 }),
  )
  await copied(
    `src: ${from}/, dest: "{{ root }}"`,
    root => {
      assert.is(mode(join(root, 'script')), '644')
      assert.is(mode(join(root, 'old/f')), '4711', 'what is replaced hands on its mode')
      assert.is(statSync(join(root, 'old/f')).uid, 12)
      assert.is(readFileSync(join(root, 'old/f'), 'utf8'), 'new')
    },
    root => {
      mkdirSync(join(root, 'old'))
      writeFileSync(join(root, 'old/f'), 'old')
      chownSync(join(root, 'old/f'), 12, 12)
      chmodSync(join(root, 'old/f'), 0o4711)
    },
  )
})

test('owners: of files, of new folders and links; what is only of another owner is not written again', () => {
  const from = folderOf(root => {
    writeFileSync(join(root, 'there'), 'x')
    mkdirSync(join(root, 'new'))
    writeFileSync(join(root, 'new', 'f'), 'f')
    symlinkSync('nowhere', join(root, 'link'))
  })
  return copied(
    `src: ${from}/, dest: "{{ root }}", owner: 12, group: 13, mode: "4755"`,
    root => {
      for (const name of ['there', 'new', 'new/f', 'link']) {
        assert.is(lstatSync(join(root, name)).uid, 12, name)
        assert.is(lstatSync(join(root, name)).gid, 13, name)
      }
      assert.is(mode(join(root, 'there')), '4755')
      assert.is(mode(join(root, 'new/f')), '4755')
      assert.is.not(statSync(root).uid, 12)
    },
    root => writeFileSync(join(root, 'there'), 'x'),
  )
})

test('what is there besides stays; with force: false so does what is there already', () => {
  const from = folderOf(root => {
    writeFileSync(join(root, 'a'), 'new')
    writeFileSync(join(root, 'b'), 'new')
  })
  return copied(
    `src: ${from}/, dest: "{{ root }}", force: false`,
    root => {
      assert.is(readFileSync(join(root, 'a'), 'utf8'), 'old')
      assert.is(readFileSync(join(root, 'b'), 'utf8'), 'new')
      assert.ok(existsSync(join(root, 'besides')))
    },
    root => {
      writeFileSync(join(root, 'a'), 'old')
      writeFileSync(join(root, 'besides'), '')
    },
  )
})

test('a folder on the host may be a link to one; a link in the place of a file is replaced', () => {
  const from = folderOf(root => {
    mkdirSync(join(root, 'sub'))
    writeFileSync(join(root, 'sub', 'f'), 'f')
    writeFileSync(join(root, 'g'), 'g')
  })
  return copied(
    `src: ${from}/, dest: "{{ root }}/to"`,
    root => {
      assert.is(readFileSync(join(root, 'real', 'f'), 'utf8'), 'f')
      assert.ok(lstatSync(join(root, 'to', 'sub')).isSymbolicLink())
      assert.ok(lstatSync(join(root, 'to', 'g')).isFile())
      assert.is(readFileSync(join(root, 'kept'), 'utf8'), 'kept')
    },
    root => {
      mkdirSync(join(root, 'to'))
      mkdirSync(join(root, 'real'))
      symlinkSync('../real', join(root, 'to', 'sub'))
      writeFileSync(join(root, 'kept'), 'kept')
      symlinkSync('../kept', join(root, 'to', 'g'))
    },
  )
})

test('large files in a folder are streamed, with their receipts; what is there is not sent again', () => {
  const from = folderOf(root => {
    writeFileSync(join(root, 'large'), Buffer.alloc(6_000_000, 'l'))
    writeFileSync(join(root, 'small'), 's')
  })
  return copied(`src: ${from}/, dest: "{{ root }}/x"`, (root, ran) => {
    assert.is(statSync(join(root, 'x/large')).size, 6_000_000)
    assert.ok(existsSync(join(root, 'x/.large.receipt')))
    assert.ok(ran.events.some(e => e.type === 'progress'))
  })
})

test('small files that are too many for a frame are streamed as one archive, which stays nowhere', () => {
  const from = folderOf(root => {
    for (let i = 0; i < 40; i++) writeFileSync(join(root, `f${i}`), Buffer.alloc(100_000, `${i}`))
  })
  return copied(`src: ${from}/, dest: "{{ root }}/x", mode: "0600"`, (root, ran) => {
    assert.is(readFileSync(join(root, 'x/f17'), 'latin1'), '17'.repeat(50_000))
    assert.equal(namesIn(join(root, 'x')), namesIn(from))
    assert.is(ran.trips.node0, 4)
  })
})

test('what stands in the way is told by the plan, and nothing is written', () => {
  const from = folderOf(root => {
    mkdirSync(join(root, 'sub'))
    writeFileSync(join(root, 'sub', 'f'), 'f')
    writeFileSync(join(root, 'g'), 'g')
  })
  return withRig(play(`src: ${from}/, dest: "{{ root }}"`), {}, async rig => {
    const root = rig.hosts.root('node0')
    writeFileSync(join(root, 'sub'), '')
    const plan = await rig.plan()
    assert.match(verdicts(plan)['node0/c']!, 'fail')
    assert.match(plan.lines[0]!.why!, `${root}/sub is a file; a folder is wanted`)
    assert.equal(readdirSync(root), ['sub'])
  })
})

test('a folder with a file that is secret is as secret as that', () => {
  const text = `- hosts: all\n  secrets: [site/key]\n  tasks:\n    - { name: c, copy: { src: site/, dest: "{{ root }}/x" } }\n`
  const files = { 'files/site/key': 's3cret words\n', 'files/site/open': 'open\n' }
  return withRig(text, { files }, async rig => {
    const ran = await rig.apply()
    assert.equal(results(ran), { 'node0/c': 'changed' })
    assert.is(readFileSync(join(rig.hosts.root('node0'), 'x/key'), 'utf8'), 's3cret words\n')
    const told = ran.events.filter(e => 'node' in e && e.node === 'node0/c')
    assert.ok(told.length > 1)
    assert.ok(
      told.every(e => 'hidden' in e && e.hidden === 'secret'),
      'no report shows what it is made of',
    )
  })
})

test('a later task sees the files as they will be', () => {
  const from = folderOf(root => writeFileSync(join(root, 'conf'), 'a = 1\n'))
  const text = `- hosts: all\n  tasks:\n    - { name: c, copy: { src: ${from}/, dest: "{{ root }}/etc" } }\n    - { name: l, lineinfile: { path: "{{ root }}/etc/conf", line: "b = 2" } }\n`
  return withRig(text, {}, async rig => {
    const plan = await rig.plan()
    assert.equal(verdicts(plan), { 'node0/c': 'change', 'node0/l': 'change' })
    const ran = await rig.apply()
    assert.equal(results(ran), { 'node0/c': 'changed', 'node0/l': 'changed' })
    assert.is(ran.trips.node0, 3)
    assert.is(readFileSync(join(rig.hosts.root('node0'), 'etc/conf'), 'utf8'), 'a = 1\nb = 2\n')
  })
})

test.run()
