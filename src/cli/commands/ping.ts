import { onHosts } from '../app/on-hosts.ts'
import type { HostOptions } from '../app/prepare-hosts.ts'
import type { Shown } from '../app/with-report.ts'

/**
 * `runbook ping [PATTERN]`: whether all hosts can be reached, and an identity got there, and how long that takes. Changes nothing. Returns
 * the exit code.
 */
export const ping = (pattern: string, options: HostOptions & Shown): Promise<number> => {
  const start = Date.now()
  return onHosts('ping', pattern, options, async ({ host, target, transport }, emit) => {
    await transport.run([{ sh: ':' }])
    emit({
      type: 'reached',
      host,
      user: target.user,
      identity: transport.user,
      connection: target.connection ?? 'ssh',
      ms: Date.now() - start,
    })
  })
}
