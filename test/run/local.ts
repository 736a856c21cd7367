import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '../../src/core/failure.ts'
import type { Connect, Fragment, Output, Transport } from '../../src/core/transport.ts'
import { acquireLease } from '../../src/host/lease.ts'
import { openShell } from '../../src/host/shell.ts'
import { RECEIVER_PROGRAM, sendFile } from '../../src/host/upload.ts'
import { type LocalWire, localWire } from '../host/local.ts'

/** Memory where there is some, since steps sync their files to the disk. */
const base = statSync('/dev/shm', { throwIfNoEntry: false })?.isDirectory() ? '/dev/shm' : tmpdir()
const made: string[] = []
process.on('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})
export const temporary = (): string => {
  made.push(mkdtempSync(join(base, 'runbook-run-')))
  return made.at(-1)!
}

/** `cut` and `hangUp` resolve when all that ran there has ended. */
type Host = { transport: Transport; cut(): Promise<unknown>; hangUp(): Promise<unknown> }

/** Hosts of this machine: a child `sh` each, under the real framing, with a folder of its own. */
export type Hosts = {
  connect: Connect
  root(host: string): string
  /** Frames sent so far to a host, by all connections to it. */
  trips(host: string): number
  /** All frames as they were sent: their host and fragments. */
  frames: { host: string; fragments: Fragment[] }[]
  /** The host does not answer from now on; a connection that is open breaks. Resolves when what ran there has ended. */
  kill(host: string): Promise<unknown>
  /** The same, but that what runs there is not killed: it goes on until it notices. */
  hangUp(host: string): Promise<unknown>
  /** It answers again. */
  revive(host: string): void
  /** Lets go of all hosts, as a run does that is interrupted: what runs there is told to end. */
  letGo(): Promise<void>
  close(): Promise<void>
}

/**
 * `before` is called before a frame is sent, `during` when a fragment of one has ended: a test may kill the host there.
 */
export const createHosts = (
  before: (host: string, fragments: Fragment[]) => void = () => {},
  during: (host: string, fragments: Fragment[], index: number) => void = () => {},
): Hosts => {
  const folder = temporary()
  const open = new Map<string, Host>()
  const dead = new Set<string>()
  const frames: Hosts['frames'] = []

  const start = (name: string): Host => {
    const wire = localWire()
    const shell = openShell(name, wire)
    const keepers: LocalWire[] = []
    const transport: Transport = {
      run: (fragments, onOutput, onBytes) => {
        frames.push({ host: name, fragments })
        before(name, fragments)
        const told = (index: number, output: Output): void => {
          during(name, fragments, index)
          onOutput?.(index, output)
        }
        return shell.run(fragments, told, onBytes)
      },
      upload: (upload, onProgress) =>
        sendFile(name, localWire('sh', '-c', RECEIVER_PROGRAM), upload, () => undefined, onProgress),
      lease: async request => {
        const keeper = localWire()
        keepers.push(keeper)
        const place = `mkdir -p ${folder} && f=${folder}/${name}.lease`
        return acquireLease(
          name,
          keeper,
          request,
          shell.pid,
          failure => shell.close(failure),
          () => undefined,
          place,
        )
      },
      get roundTrips() {
        return shell.roundTrips
      },
      as: () => transport,
      user: 'root',
      close: async () => {
        await shell.end()
        shell.close()
        for (const keeper of keepers) keeper.stdin.end()
        await Promise.all([wire, ...keepers].map(({ ended }) => ended))
      },
    }
    const end = (how: 'cut' | 'hangUp') => (): Promise<unknown> => {
      for (const one of [wire, ...keepers]) one[how]()
      return Promise.all([wire, ...keepers].map(({ ended }) => ended))
    }
    return { transport, cut: end('cut'), hangUp: end('hangUp') }
  }

  const letGo = async (): Promise<void> => {
    await Promise.all([...open.values()].map(host => host.transport.close()))
  }

  return {
    connect: async name => {
      if (dead.has(name)) throw new Refusal({ reason: 'host-unreachable', what: `${name} does not answer.` })
      const host = open.get(name) ?? start(name)
      open.set(name, host)
      return host.transport
    },
    root: name => {
      const root = join(folder, name)
      mkdirSync(root, { recursive: true })
      return root
    },
    trips: name => frames.filter(f => f.host === name).length,
    frames,
    kill: async name => {
      dead.add(name)
      await open.get(name)?.cut()
    },
    hangUp: async name => {
      dead.add(name)
      await open.get(name)?.hangUp()
    },
    revive: name => {
      dead.delete(name)
      open.delete(name)
    },
    letGo,
    close: async () => {
      await letGo()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
