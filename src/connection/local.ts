import { spawn } from 'node:child_process'
import { childWire, started } from './child-wire.ts'
import type { Link } from './link.ts'

/**
 * The link to the machine that runbook runs on, as its own user: one child process for each program. Each has a session
 * and a process group of its own, as an ssh server gives one: an interrupt on the terminal is not theirs, and the end of a
 * frame ends the group. They begin in the folder that runbook was started in, as Ansible's do.
 */
export const openLocal = (): Link => {
  const open = new Set<ReturnType<typeof childWire>>()
  let stands = true
  const why = (): string => 'runbook closed it'
  return {
    by: 'local',
    start: async line => {
      if (!stands) throw new Error('it has ended')
      const child = spawn('/bin/sh', ['-c', line], { stdio: 'pipe', detached: true })
      const wire = childWire(child, status => (!stands ? { why: why() } : status === undefined ? {} : { status }))
      open.add(wire)
      wire.closed.then(() => open.delete(wire))
      await started(child)
      return wire
    },
    get stands() {
      return stands
    },
    why,
    // What still runs notices, as where a connection ends: see the watch in frame.ts.
    hangUp: async () => {
      stands = false
      for (const wire of open) wire.hangUp()
    },
  }
}
