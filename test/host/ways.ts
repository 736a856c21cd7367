import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { openLocal } from '../../src/connection/local.ts'
import type { Transport } from '../../src/core/transport.ts'
import { connectTo } from '../../src/host/connect.ts'
import { openSession } from '../../src/host/session.ts'
import type { Target } from '../../src/settings/target.ts'
import { type ServerOptions, startServer } from './server.ts'

/** A machine that is reached in one of the ways there are. */
export type Reached = {
  connect(change?: Partial<Target>): Promise<Transport>
  /** A folder of its own there. */
  folder: string
  /** What is between breaks, for all connections to it. */
  cut(): void
  /** Resolves when nothing that was started over a connection runs any more. */
  idle(): Promise<void>
  stop(): Promise<void>
}

/** How a machine is reached: what is said of one holds for all of them. */
export type Way = { name: string; reach(options?: ServerOptions): Promise<Reached> }

const bySsh2: Way = {
  name: 'ssh2',
  reach: async options => {
    const server = await startServer(options)
    return { ...server, connect: change => connectTo({ ...server.target, ...change }) }
  },
}

const byOpenssh: Way = {
  name: 'openssh',
  reach: async options => {
    const server = await startServer(options)
    return { ...server, connect: change => connectTo({ ...server.target, ...change, connection: 'openssh' }) }
  },
}

/** The ends of programs are waited for by the streams that they hold. */
const locally: Way = {
  name: 'local',
  reach: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-host-'))
    const { username } = userInfo()
    const target: Target = {
      name: 'node0',
      host: 'node0',
      port: 22,
      user: username,
      knownHosts: [],
      timeoutSeconds: 10,
    }
    const links: ReturnType<typeof openLocal>[] = []
    const running: Promise<unknown>[] = []
    const connect = (): Promise<Transport> => {
      const link = openLocal()
      links.push(link)
      const plain = link.start
      const start: typeof link.start = async line => {
        const wire = await plain(line)
        running.push(wire.closed)
        return wire
      }
      return openSession({ ...target, connection: 'local' }, Object.defineProperty(link, 'start', { value: start }))
    }
    const cut = (): void => {
      for (const link of links) void link.hangUp()
    }
    const idle = async (): Promise<void> => void (await Promise.all(running))
    const stop = async (): Promise<void> => {
      cut()
      await idle()
      rmSync(folder, { recursive: true, force: true })
    }
    return { connect, folder, cut, idle, stop }
  },
}

/** Those that log in to a server. */
export const sshWays: Way[] = [bySsh2, byOpenssh]
export const ways: Way[] = [...sshWays, locally]
