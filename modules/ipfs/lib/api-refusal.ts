import { type FileAnswer, type ServiceAnswer, unitName } from '../../../src/module/module.ts'
import type { Obstacle } from '../../builtin/lib/paths.ts'
import type { ApiRefusal } from './cluster-api.ts'

/**
 * An API that was reached and refuses the password that this host's service.json holds, or that has none where one is
 * asked for: waiting does not change that. One that is not reached may still be starting.
 */
export const refusedByApi = (
  refusal: ApiRefusal | undefined,
  { unit, file, path }: { unit: { name: string; answer: ServiceAnswer }; file: FileAnswer | undefined; path: string },
): Obstacle | undefined => {
  if (refusal === undefined || ![0, 401, 403].includes(refusal.code)) return undefined
  const short = unitName(unit.name).replace(/\.service$/, '')
  if (refusal.code === 0)
    return refusal.message.startsWith('this host has neither curl')
      ? {
          why: `ipfs-cluster's API asks for a password, and ${refusal.message}`,
          fix: 'install curl on it: `apt-get install -y curl` on Debian',
        }
      : undefined
  const said = `ipfs-cluster's API answers ${refusal.code} (${refusal.message}): it does not take the password that ${path} holds`
  // Measured here: the daemon is older than what its file says by now.
  if (file?.exists && file.changed > unit.answer.since)
    return {
      why: `${said}, for ${short} was started before that file last changed`,
      fix: unit.answer.manager === 'systemd' ? `\`systemctl restart ${short}\`` : `restart the service ${short}`,
    }
  return {
    why: said,
    fix: `see what the daemon was started with, which counts before the file: \`tr '\\0' '\\n' </proc/$(systemctl show -P MainPID ${short})/environ | grep ^CLUSTER_\`. A password for the file is given as cluster_api_credentials`,
  }
}
