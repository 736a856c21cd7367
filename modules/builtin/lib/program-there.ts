import { program, uses } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

/** Whether a host has a program; `packages`: which of them an earlier task may bring it with. */
export const programThere = (tool: string, packages: string[]) =>
  uses(
    program<{ isThere: boolean }>({
      key: `program-there:${tool}`,
      sh: `command -v ${tool}`,
      looks: [
        ...packages.map(name => `package:${name}`),
        ...['/bin', '/sbin', '/usr/bin', '/usr/sbin'].map(folder => `path:${folder}/${tool}`),
      ],
      parse: ({ status }) => ({ isThere: status === 0 }),
      subject: tool,
    }),
  )

/** What is told where it is not there. */
export const missingProgram = (tool: string, bringer: string): Obstacle => ({
  why: `${tool} is not on this host`,
  fix: `install ${bringer} in an earlier task`,
})
