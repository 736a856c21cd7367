import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Transport, Upload } from '../../src/core/transport.ts'
import { failuresOf, reasonsOf } from './local.ts'
import { ROOT } from './server.ts'
import { type Reached, sshWays, ways } from './ways.ts'

// What every way to a machine has to keep, whichever it is.

/** One test for each way. */
const everywhere = (what: string, use: (transport: Transport, machine: Reached) => Promise<void>): void => {
  for (const { name, reach } of ways)
    test(`${name}: ${what}`, async () => {
      const machine = await reach()
      try {
        const transport = await machine.connect()
        await use(transport, machine)
        await transport.close()
      } finally {
        await machine.stop()
      }
    })
}

const uploadOf = (bytes: Buffer, path: string): Upload => ({
  source: { bytes },
  size: bytes.length,
  digest: createHash('sha256').update(bytes).digest('hex'),
  path,
  mode: '0640',
})

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(setImmediate)
}

everywhere('bytes of any kind come back on both streams, with the status', async transport => {
  const octal = Array.from({ length: 256 }, (_, byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  const outputs = await transport.run([
    { sh: `printf '${octal}'; printf '${octal}' >&2; exit 255` },
    { sh: 'exit 3' },
    { sh: 'echo "it\'s $LC_ALL"' },
  ])
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  assert.equal(
    outputs.map(({ stdout, stderr, status }) => [stdout, stderr, status]),
    [
      [all, all, 255],
      [Buffer.alloc(0), Buffer.alloc(0), 3],
      [Buffer.from("it's C\n"), Buffer.alloc(0), 0],
    ],
  )
})

everywhere('what children print later is in no output of others', async (transport, { folder }) => {
  const go = join(folder, 'go')
  const [first] = await transport.run([
    {
      sh: `echo mine; ( while ! test -e ${go}; do sleep 0.01; done; echo late; echo >${folder}/told ) &`,
      lingers: true,
    },
  ])
  const [second] = await transport.run([
    { sh: `touch ${go}; while ! test -e ${folder}/told; do sleep 0.01; done; echo yours` },
  ])
  assert.equal([`${first?.stdout}`, `${second?.stdout}`], ['mine\n', 'yours\n'])
})

everywhere('a step that fails stops what is behind it', async (transport, { folder }) => {
  const outputs = await transport.run([
    { sh: 'exit 1' },
    { sh: 'exit 7', step: true },
    { sh: `touch ${folder}/ran`, step: true },
  ])
  assert.equal(
    outputs.map(({ status }) => status),
    [1, 7],
  )
  assert.not.ok(existsSync(join(folder, 'ran')))
})

everywhere('megabytes come whole, more than a window on either stream', async transport => {
  const sizes = [
    [3_000_000, 3_000_000],
    [0, 5_000_000],
    [5_000_000, 0],
  ]
  const outputs = await transport.run(
    sizes.map(([stdout, stderr]) => ({ sh: `head -c ${stdout} /dev/zero; head -c ${stderr} /dev/zero >&2` })),
  )
  assert.equal(
    outputs.map(({ stdout, stderr }) => [stdout.length, stderr.length]),
    sizes,
  )
})

everywhere('many frames asked for at once are run in order, by one shell, one round trip each', async transport => {
  const frames = Array.from({ length: 200 }, (_, index) => transport.run([{ sh: `echo ${index} $$` }]))
  const told = (await Promise.all(frames)).map(([output]) => `${output?.stdout}`.trim().split(' '))
  assert.equal(
    told.map(([index]) => Number(index)),
    frames.map((_, index) => index),
  )
  assert.is(new Set(told.map(([, shell]) => shell)).size, 1)
  assert.is(transport.roundTrips, 200)
})

everywhere('files arrive whole, several at once, while frames go on', async (transport, { folder }) => {
  const bytes = Buffer.alloc(1_500_000, 'runbook\0\r\n')
  const paths = ['a', 'b', 'with space'].map(name => join(folder, name))
  const sent = Promise.all(paths.map(path => transport.upload(uploadOf(bytes, path))))
  assert.is((await transport.run([{ sh: ':' }]))[0]?.status, 0)
  await sent
  for (const path of paths) {
    assert.ok(readFileSync(path).equals(bytes))
    assert.is(statSync(path).mode & 0o777, 0o640)
  }
  const wrong = { ...uploadOf(bytes, join(folder, 'c')), digest: '0'.repeat(64) }
  assert.equal(await reasonsOf(transport.upload(wrong)), ['host-upload'])
  const others = ['bin-', 'key', 'known_hosts']
  const here = readdirSync(folder).filter(name => !others.some(other => name.startsWith(other)))
  assert.equal(here.sort(), ['a', 'b', 'with space'])
})

everywhere('a machine that one run has is not given to another until it is given back', async (transport, machine) => {
  await transport.run([{ sh: ':' }])
  const lease = await transport.lease({ run: 'a-run', who: 'ada@laptop' })
  assert.is(lease.is, 'mine', JSON.stringify(lease))
  const other = await machine.connect()
  await other.run([{ sh: ':' }])
  const theirs = await other.lease({ run: 'b-run', who: 'bob@laptop' })
  assert.is(theirs.is === 'theirs' && theirs.holder.run, 'a-run')
  if (lease.is === 'mine') await lease.give()
  const mine = await other.lease({ run: 'b-run', who: 'bob@laptop' })
  assert.is(mine.is, 'mine')
  await other.close()
})

everywhere(
  'cut in the middle of a frame it is lost, never done, and what ran there ends',
  async (transport, machine) => {
    const pid = join(machine.folder, 'pid')
    let told = 0
    const frame = transport.run(
      [{ sh: ':' }, { sh: `sleep 600 & echo $! >${pid}.new; mv ${pid}.new ${pid}; wait` }],
      () => {
        told += 1
      },
    )
    const failures = failuresOf(frame)
    await until(() => existsSync(pid) && told > 0)
    machine.cut()
    const [failure] = await failures
    assert.is(failure?.reason, 'host-lost')
    assert.match(failure!.what, 'script 2 of 2')
    assert.equal(await reasonsOf(transport.run([{ sh: `touch ${machine.folder}/ran` }])), ['host-lost'])
    const upload = uploadOf(Buffer.alloc(0), join(machine.folder, 'f'))
    assert.equal(await reasonsOf(transport.upload(upload)), ['host-lost'])
    assert.equal(await reasonsOf(transport.as({ user: 'nobody', method: 'sudo' }).run([{ sh: ':' }])), ['host-lost'])
    await machine.idle()
    const child = readFileSync(pid, 'utf8').trim()
    await until(() => !existsSync(`/proc/${child}`))
    assert.not.ok(existsSync(join(machine.folder, 'ran')))
  },
)

everywhere('cut while a file is sent it is lost, and nothing has its name', async (transport, machine) => {
  const bytes = Buffer.alloc(30_000_000)
  const path = join(machine.folder, 'f')
  await transport.run([{ sh: ':' }])
  let cut = false
  const sent = transport.upload(uploadOf(bytes, path), () => {
    if (!cut) machine.cut()
    cut = true
  })
  assert.equal(await reasonsOf(sent), ['host-lost'])
  await machine.idle()
  assert.not.ok(existsSync(path))
})

everywhere(
  'let go, it says how far a frame has come, and the process group there has ended',
  async (transport, machine) => {
    const { folder } = machine
    const told: number[] = []
    await transport.run([{ sh: ':' }])
    // What keeps the lease goes on until the end.
    await transport.lease({ run: 'c-run', who: 'cleo@laptop' })
    const frame = reasonsOf(
      transport.run(
        [
          { sh: ':', step: true },
          { sh: `sleep 600 & echo $! >${folder}/pid.new; mv ${folder}/pid.new ${folder}/pid; wait`, step: true },
          { sh: `touch ${folder}/three`, step: true },
        ],
        index => told.push(index),
      ),
    )
    await until(() => existsSync(join(folder, 'pid')) && told.length > 0)
    await Promise.all([transport.close(), transport.close()])
    assert.equal(await frame, ['run-interrupted'])
    assert.equal(told, [0])
    await machine.idle()
    const child = readFileSync(join(folder, 'pid'), 'utf8').trim()
    await until(() => !existsSync(`/proc/${child}`))
    assert.not.ok(existsSync(join(folder, 'three')))
    assert.equal(await reasonsOf(transport.run([{ sh: ':' }])), ['run-interrupted'])
  },
)

everywhere('a shell that ends by itself is lost, and so is one whose frame ended it', async transport => {
  const [failure] = await failuresOf(transport.run([{ sh: 'kill -KILL $$' }, { sh: ':' }]))
  assert.is(failure?.reason, 'host-lost')
  assert.equal(await reasonsOf(transport.run([{ sh: ':' }])), ['host-lost'])
})

everywhere('a program has the environment of its user there, and nothing of this process', async transport => {
  process.env.RUNBOOK_TEST_SECRET = 'x'
  const [output] = await transport.run([{ sh: 'env; ps -o args= 2>/dev/null' }])
  delete process.env.RUNBOOK_TEST_SECRET
  assert.not.match(`${output?.stdout}`, 'RUNBOOK_TEST_SECRET')
  assert.match(`${output?.stdout}`, /^HOME=\//m)
})

everywhere('closed, it takes nothing more', async (transport, { folder }) => {
  await transport.run([{ sh: ':' }])
  await transport.close()
  assert.is((await reasonsOf(transport.run([{ sh: `touch ${folder}/ran` }]))).length, 1)
  assert.is((await reasonsOf(transport.upload(uploadOf(Buffer.alloc(0), join(folder, 'ran'))))).length, 1)
  assert.not.ok(existsSync(join(folder, 'ran')))
  assert.is(transport.roundTrips, 1)
})

// What /etc/ssh/sshrc, a noisy rc file of the login shell or a lecture of sudo's may print, on both streams.
const GREETING =
  'echo "theirs 0 1 2 3 4 run who"; echo mine; printf "use sudo"; echo "sudo: a lecture" >&2; printf odd >&2'

for (const { name, reach } of sshWays)
  test(`${name}: what a login prints is passed over by frames, by the lease and by uploads`, async () => {
    const machine = await reach({
      greets: GREETING,
      programs: { id: 'echo 1000', sudo: `${GREETING}; shift 3; exec "$@"` },
    })
    for (const become of [{}, { become: ROOT }]) {
      const transport = await machine.connect({ user: 'deploy', ...become })
      const [output] = await transport.run([{ sh: 'echo a; echo b >&2' }])
      assert.equal([`${output?.stdout}`, `${output?.stderr}`], ['a\n', 'b\n'])
      const lease = await transport.lease({ run: 'a-run', who: 'ada@laptop' })
      assert.is(lease.is, 'mine')
      if (lease.is === 'mine') await lease.give()
      const upload = uploadOf(Buffer.from('x'), join(machine.folder, `f${'become' in become}`))
      await transport.upload(upload)
      assert.is(readFileSync(upload.path, 'utf8'), 'x')
      const [failure] = await failuresOf(transport.upload({ ...upload, path: join(machine.folder, 'no/f') }))
      assert.match(failure!.why!, 'no does not exist', 'not what was printed before')
      await transport.close()
    }
    await machine.stop()
  })

test.run()
