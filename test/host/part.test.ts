import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Upload } from '../../src/core/transport.ts'
import { RECEIVER_PROGRAM, sendFile } from '../../src/host/upload.ts'
import { temporary } from '../run/local.ts'
import { inBusybox, noBusybox } from './busybox.ts'
import { localWire } from './local.ts'

// What has come of a large file counts by bytes and owner, whatever tools the host has. See upload.test.ts for all that may
// lie there in its place.

const bytes = randomBytes(6_000_000)
const uploadOf = (path: string): Upload => ({
  source: { bytes },
  size: bytes.length,
  digest: createHash('sha256').update(bytes).digest('hex'),
  path,
  mode: '0640',
})

const hosts: Record<string, string[] | undefined> = {
  'GNU tools': ['sh'],
  BusyBox: noBusybox === '' ? inBusybox('/bin/sh') : undefined,
}

for (const [tools, sh] of Object.entries(hosts)) {
  const check = sh === undefined ? test.skip : test
  check(
    `${tools}${sh === undefined ? noBusybox : ''}: a large file goes on behind its part, and is whole`,
    async () => {
      const folder = temporary()
      const upload = uploadOf(join(folder, 'big'))
      const send = async (): Promise<number> => {
        const told: number[] = []
        const wire = localWire(...(sh as [string, ...string[]]), '-c', RECEIVER_PROGRAM)
        await sendFile(
          'node0',
          wire,
          upload,
          () => undefined,
          sent => told.push(sent),
        )
        assert.ok(readFileSync(upload.path).equals(bytes))
        assert.equal(readdirSync(folder), ['big'])
        return told[0]!
      }
      assert.ok((await send()) < 1_000_000)
      const part = join(folder, `.big.${upload.digest.slice(0, 16)}.part`)
      writeFileSync(part, bytes.subarray(0, 4_000_001), { mode: 0o600 })
      assert.is(await send(), 4_000_001)
      writeFileSync(part, randomBytes(4_000_001), { mode: 0o600 })
      assert.ok((await send()) < 1_000_000)
    },
  )
}

test.run()
