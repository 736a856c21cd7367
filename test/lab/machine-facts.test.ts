import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { basePath } from '../../src/lab/base.ts'
import { hierarchies } from '../../src/lab/cgroup.ts'
import { tail } from '../../src/lab/command.ts'
import { exclusively } from '../../src/lab/lock.ts'
import { mountsBelow } from '../../src/lab/mounts-below.ts'
import { CACHE_PROGRAMS, missingPackages } from '../../src/lab/packages.ts'

test('the cgroup hierarchies that systemd uses: one, or the named one and the unified one beside it', () => {
  const has = (...paths: string[]) => hierarchies(path => paths.includes(path))
  assert.equal(has('/sys/fs/cgroup/cgroup.controllers'), ['/sys/fs/cgroup'])
  assert.equal(has('/sys/fs/cgroup/systemd'), ['/sys/fs/cgroup/systemd'])
  assert.equal(has('/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified').length, 2)
})

test('a package is missing when its program is', () => {
  assert.equal(
    missingPackages(() => true),
    [],
  )
  assert.equal(
    missingPackages(program => program === 'ip'),
    ['debootstrap', 'systemd-container', 'openssh-client'],
  )
  assert.equal(
    missingPackages(() => false, CACHE_PROGRAMS),
    ['apt-cacher-ng'],
  )
})

test('the base lies in the cache, in a folder named after its recipe', () => {
  assert.match(basePath('bookworm', '/cache'), /^\/cache\/runbook\/lab\/base-[0-9a-f]{12}$/)
})

test('mounts at and below a folder are found, also with a space in the name; neighbours are not', () => {
  const line = (point: string) => `36 35 98:0 / ${point} rw,noatime - ext4 /dev/root rw`
  const text = ['/a\\040b', '/a\\040b/c', '/a\\040bc', '/'].map(line).join('\n')
  assert.equal(mountsBelow(text, '/a b'), ['/a b', '/a b/c'])
})

test('the end of a log', () => {
  assert.is(tail('1\n2\n3\n', 2), '2\n3')
  assert.is(tail('', 2), '')
})

test('work under one name is done one after the other, and the name is free again after a failure', async () => {
  const seen: string[] = []
  const work = (name: string) => async () => {
    seen.push(`${name} in`)
    await new Promise(resolve => setTimeout(resolve, 20))
    seen.push(`${name} out`)
    throw new Error(name)
  }
  const name = `test ${process.pid}`
  const ends = await Promise.allSettled(['a', 'b'].map(who => exclusively(name, () => {}, work(who))))
  assert.equal(
    ends.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.is(seen.length, 4)
  for (const at of [0, 2]) assert.is(seen[at]?.replace('in', 'out'), seen[at + 1])
})

test.run()
