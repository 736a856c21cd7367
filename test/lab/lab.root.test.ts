import { execFile, spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { lab as cli } from '../../src/cli/commands/lab.ts'
import { Refusal } from '../../src/core/failure.ts'
import { add, down, type LabStatus, remove, status, up } from '../../src/lab/lab.ts'
import { allLabs } from '../../src/lab/list.ts'
import { labAt } from '../../src/lab/names.ts'

const run = promisify(execFile)
const root = process.getuid?.() === 0
const test = suite(root ? 'lab' : 'lab (skipped: only root can make hosts)')
const check = root ? test : test.skip

const folder = mkdtempSync(`${tmpdir()}/runbook-lab-`)
const said: string[] = []
const which = { name: 'selftest', folder, say: (line: string) => said.push(line) }
const lab = labAt(folder, which.name)

const inventory = () => JSON.parse(readFileSync(`${lab.folder}/inventory.json`, 'utf8')).all.children.ipfs.hosts

const ssh = async (node: string, user: string, command: string): Promise<string> => {
  const vars = inventory()[node]
  const options = [...vars.ansible_ssh_common_args.split(' '), '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes']
  const key = ['-i', vars.ansible_ssh_private_key_file, '-o', 'IdentitiesOnly=yes', '-o', 'ConnectTimeout=10']
  const argv = ['-F', 'none', ...options, ...key, `${user}@${vars.ansible_host}`, command]
  return (await run('ssh', argv, { timeout: 30_000 })).stdout.trim()
}

const states = (lab: LabStatus) => lab.hosts.map(({ node, state }) => `${node} ${state}`)
const pidOf = async (node: string) => (await status(which)).hosts.find(host => host.node === node)?.pid ?? 0

const command = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

// Looked for by other means than the lab's own.
const leftovers = async (): Promise<string[]> => {
  const words = [lab.prefix, lab.bridge, folder]
  const processes = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(command)
  const mounts = globSync('/proc/[0-9]*/mountinfo').flatMap(file => {
    try {
      return readFileSync(file, 'utf8').split('\n')
    } catch {
      return []
    }
  })
  const links = (await run('ip', ['-o', 'link'])).stdout.split('\n')
  const netns = (await run('ip', ['netns', 'list'])).stdout.split('\n')
  const paths = [
    ...globSync('/sys/fs/cgroup/**/rb*-*'),
    ...globSync('/run/systemd/nspawn/*/*'),
    ...globSync('/var/lib/runbook/labs/*'),
    ...globSync(`${folder}/.*`),
  ]
  const all = [...processes, ...mounts, ...links, ...netns, ...paths]
  return all.filter(text => words.some(word => text.includes(word)))
}

test.after(async () => {
  if (root) await down(which)
  rmSync(folder, { recursive: true })
})

const orFailures = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof Refusal) throw new Error(error.failures.map(({ what, why }) => `${what}\n${why}`).join('\n'))
    throw error
  }
}

check('comes up, also after an `up` that was killed in the middle', async () => {
  const script = `import { up } from '${import.meta.resolve('../../src/lab/lab.ts')}'
    await up({ name: 'selftest', folder: ${JSON.stringify(folder)}, hosts: 2, say: console.log })`
  const first = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
  // Not while the base is built, which takes much longer.
  for (let i = 0; i < 6000 && !existsSync(`${lab.folder}/lab.json`); i++) await sleep(20)
  await sleep(60)
  first.kill('SIGKILL')
  assert.equal(states(await orFailures(up({ ...which, hosts: 2 }))), ['node0 up', 'node1 up'])
})

check('root and admin can log in, admin may become root, and there is no way out', async () => {
  assert.is(await ssh('node0', 'root', 'hostname; id -un; cat /proc/1/comm'), 'node0\nroot\nsystemd')
  assert.is(await ssh('node1', 'admin', 'hostname; id -un; sudo -n id -un'), 'node1\nadmin\nroot')
  assert.not.match(await ssh('node0', 'root', 'ip route'), /default/)
})

check('a second `up` leaves what runs alone', async () => {
  const before = (await status(which)).hosts
  assert.equal((await up({ ...which, hosts: 2 })).hosts, before)
})

check('hosts that start otherwise are refused in the same lab, and nothing is touched', async () => {
  const before = (await status(which)).hosts
  const words = (error: Refusal): string => `${error.failures[0]?.reason}: ${error.failures[0]?.what}`
  const said = await up({ ...which, hosts: 2, init: 'none' }).then(() => '', words)
  assert.is(said, "usage-option: lab 'selftest' has hosts with --init systemd")
  const also = await up({ ...which, hosts: 2, packages: true }).then(() => '', words)
  assert.is(also, "usage-option: lab 'selftest' has hosts without --packages")
  assert.equal((await status(which)).hosts, before)
})

check('a host can be added and removed', async () => {
  assert.equal(states(await orFailures(add({ ...which, node: 'node2' }))), ['node0 up', 'node1 up', 'node2 up'])
  assert.is(await ssh('node2', 'root', 'hostname'), 'node2')
  await orFailures(remove({ ...which, node: 'node2' }))
  assert.equal(Object.keys(inventory()), ['node0', 'node1'])
  await orFailures(add({ ...which, node: 'node2' }))
  assert.is(await ssh('node2', 'root', 'hostname'), 'node2')
})

check('a killed host comes up again with its disk, the others stay as they are', async () => {
  await ssh('node1', 'root', 'echo kept > /etc/mark')
  const [other, killed] = [await pidOf('node0'), await pidOf('node1')]
  process.kill(killed, 'SIGKILL')
  await sleep(100)
  assert.equal(states(await status(which)), ['node0 up', 'node1 down', 'node2 up'])
  assert.equal(states(await orFailures(up({ ...which, hosts: 2 }))), ['node0 up', 'node1 up', 'node2 up'])
  assert.is(await ssh('node1', 'root', 'cat /etc/mark'), 'kept')
  assert.is(await pidOf('node0'), other)
  assert.is.not(await pidOf('node1'), killed)
})

const listed = async () => (await allLabs()).filter(({ base }) => base === folder)

check('it is listed from anywhere, up or down, also where it was never entered', async () => {
  const all = await listed()
  assert.equal(all.map(states), [['node0 up', 'node1 up', 'node2 up']])
  assert.equal([all[0]?.name, all[0]?.subnet], ['selftest', (await status(which)).subnet])
  const link = `/var/lib/runbook/labs/${lab.prefix}lab`
  rmSync(link)
  assert.equal((await listed()).map(states), [['node0 up', 'node1 up', 'node2 up']])
  symlinkSync(lab.folder, link)
})

check('a command for a lab of another folder says where to go', async () => {
  const err: string[] = []
  await cli({ action: 'status', name: 'selftest' }, { out: () => {}, err: line => err.push(line) })
  assert.ok(
    err.includes(`lab 'selftest' is in ${folder}: cd ${folder} && runbook lab status --name selftest`),
    err.join(),
  )
})

check('a host whose network was lost gets it again', async () => {
  await run('ip', ['netns', 'del', `${lab.prefix}node0`])
  assert.equal(states(await orFailures(up({ ...which, hosts: 2 }))), ['node0 up', 'node1 up', 'node2 up'])
})

check('down leaves nothing behind, also of a host that was killed, and can be said twice', async () => {
  assert.ok((await leftovers()).length > 10, 'a standing lab is seen')
  process.kill(await pidOf('node1'), 'SIGKILL')
  await orFailures(down(which))
  assert.equal(await leftovers(), [])
  await orFailures(down(which))
  assert.equal((await status(which)).hosts, [])
  assert.equal(await listed(), [])
})

test.run()
