import { program, type Query } from '../../../src/module/module.ts'

/** What a program on the host says of something, on one line. */
export type ToldState = { text: string }

/**
 * Asks for the state of something that no file tells, such as a rule of the kernel. `label`: what of the host it is; `looks`: what
 * else it may change with. `sh` must never write, and prints the same for the same state, so that it tests what is promised.
 */
export const toldState = (label: string, sh: string, looks: string[] = []): Query<ToldState> =>
  program({
    key: label,
    sh,
    looks: [label, ...looks],
    touches: [label],
    parse: ({ stdout }) => ({ text: stdout.toString().trim() }),
    prints: ({ text }) => (typeof text === 'string' ? text : undefined),
    subject: label.replace(/^live:/, ''),
  })
