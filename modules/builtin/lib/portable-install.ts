import {
  type FileAnswer,
  folder,
  portableFolder,
  portableProgram,
  portableScript,
  type ServiceAnswer,
  type Step,
} from '../../../src/module/module.ts'

/** What runbook runs services with where there is no systemd: written when it is needed, and kept current. */
export const portableInstall = (unit: ServiceAnswer, name: string, program: FileAnswer, isNeeded: boolean) => {
  const { digest } = portableScript
  const isThere = program.exists && program.kind === 'file'
  if (unit.manager === 'systemd' || (isThere ? program.content.digest === digest : !isNeeded)) return undefined
  return {
    will: { exists: true, kind: 'file', mode: '0755', content: portableScript, size: portableScript.size } as const,
    steps: [
      folder(portableFolder(name), '0755'),
      { do: 'write', path: portableProgram(name), content: portableScript, mode: '0755' } satisfies Step,
    ],
    why: isThere ? 'the portable service manager is of another version' : 'there is no service manager on this host',
  }
}
