import { cpus, hostname, release } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../../src/core/failure.ts'
import { factNames } from '../../../src/load/names.ts'
import { type Facts, facts } from '../../../src/module/probes/facts.ts'
import { probed } from './local.ts'

const canned = (text: string): Facts =>
  facts.probe.read({ stdout: Buffer.from(text), stderr: Buffer.alloc(0), status: 0 }, [
    { item: 'facts', facets: [] },
  ])[0]

test('of this machine', () => {
  const [found] = probed(facts.probe, [{ item: 'facts', facets: [] }])
  assert.is(found.system, 'linux')
  assert.is(found.hostname, hostname())
  assert.is(found.kernel, release())
  assert.ok(found.processors >= 1 && found.processors <= cpus().length)
  assert.ok(['systemd', 'portable'].includes(found.service_manager))
})

test('playbooks may name all of them, and nothing else', () => {
  assert.equal(Object.keys(canned('Linux h 6 x86_64\n1\nportable\n')).sort(), [...factNames].sort())
})

test('of a Debian host', () => {
  assert.equal(
    canned(
      'Linux node0 6.1.0-42-amd64 x86_64\n4\nsystemd\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
    ),
    {
      machine: 'x86_64',
      architecture: 'amd64',
      system: 'linux',
      kernel: '6.1.0-42-amd64',
      hostname: 'node0',
      distribution: 'debian',
      distribution_version: '12',
      processors: 4,
      service_manager: 'systemd',
    },
  )
})

test('machines are named as archives name them; without a release file much is empty', () => {
  const of = (machine: string): string => canned(`Linux h 6 ${machine}\n1\nportable\n`).architecture
  assert.equal(['aarch64', 'armv7l', 'i686', 'riscv64', 's390x'].map(of), ['arm64', 'arm', '386', 'riscv64', 's390x'])
  assert.is(canned('Linux h 6 x86_64\n1\nportable\n').distribution, '')
})

test('what no host says of itself is no answer', () => {
  for (const said of [
    '',
    'Linux h 6 x86_64\nmany\nsystemd\n',
    'Linux h 6 x86_64\n0\nsystemd\n',
    'Linux h 6 x86_64\n1e99\nsystemd\n',
    'Linux h 6\n1\nsystemd\n',
    'Linux h 6 x86_64\n4\nsomebody\n',
    `Linux ${'h'.repeat(20_000_000)} 6 x86_64\n4\nsystemd\n`,
    `Linux h 6 x86_64\n4\nsystemd\nID=${'d'.repeat(300)}\n`,
  ])
    assert.throws(
      () => canned(said),
      (error: unknown) => error instanceof Refusal && error.failures[0]!.reason === 'host-protocol',
      said.slice(0, 60),
    )
})

test.run()
