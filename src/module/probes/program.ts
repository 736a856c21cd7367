import { isUtf8 } from 'node:buffer'
import { refuse } from '../../core/failure.ts'
import { quote, quoted } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import type { Label } from '../label.ts'
import type { Probe, Query } from '../query.ts'

/** A program's answer as a read: each item is a whole fragment, run once however many queries parse it. */
const programProbe: Probe<Output> = {
  kind: 'program',
  side: 'host',
  sh: items => items.map(i => i.item).join('\n'),
  read: (output, items) => items.map(() => output),
}

/** What is left of an answer that was too long would be taken for all of it. */
const whole = (output: Output, subject: string): Output =>
  output.cut
    ? refuse('host-step', `${subject} printed more than 16 MiB.`, { fix: 'Let it print less, or to a file.' })
    : output

type ProgramRead<A> = {
  /** Identity of the answer, e.g. `live:ipfs#peers/ID`. */
  key: string
  /** The fragment; queries with the same text share one process. It must never write. */
  sh: string
  /** What the answer is a function of: paths, members, units. */
  looks: Label[]
  parse(output: Output): A
  subject?: string
  /** What a change of this answer touches; default: what it looks at. */
  touches?: Label[]
  /** What it prints, but for line ends behind it, exactly where a promise holds; undefined: that cannot be told. */
  prints?(promised: Record<string, unknown>): string | undefined
}

/** Asks a program on the host. */
export const program = <A>({ key, sh, looks, parse, subject = key, touches, prints }: ProgramRead<A>): Query<A> => ({
  key,
  looks,
  probe: programProbe,
  item: sh,
  facets: [],
  parse: output => parse(whole(output, subject)),
  only: false,
  ...(touches && { touched: () => touches }),
  ...(prints && {
    holds: (promised: Record<string, unknown>) => {
      const text = prints(promised)
      return text === undefined ? undefined : `[ "$(${sh}\n)" = ${quote(text)} ]`
    },
  }),
  subject,
})

/**
 * argv as a user, with environment, as a command of sh. Who is that user already needs no root for it: the words that
 * would change the identity are left out. `setpriv`, not `runuser`: that opens a session with PAM, which costs 4 ms more
 * and leaves two lines in the host's journal at every look.
 */
export const asUser = (user: string, env: Record<string, string>, argv: string[]): string => {
  const name = quote(user)
  const become = `$([ "$(id -un)" = ${name} ] || echo setpriv --reuid=${name} --regid="$(id -g -- ${name})" --init-groups --)`
  return [...Object.entries(env).map(([k, v]) => `${k}=${quote(v)}`), become, quoted(argv)].join(' ')
}

/**
 * A command a user wrote to be read: never run before everything earlier on its host has happened.
 * @param words what of it stands in a command line there; the rest is printed by the shell itself
 */
export const command = (
  sh: string,
  reads: string[] | undefined,
  words: string[] = [sh],
): Query<{ rc: number; stdout: string; stderr: string; isText: boolean }> => ({
  ...program({
    key: `command:${sh}`,
    sh,
    looks: reads ? reads.map(path => `tree:${path}`) : ['any'],
    parse: o => ({
      rc: o.status,
      stdout: o.stdout.toString(),
      stderr: o.stderr.toString(),
      isText: isUtf8(o.stdout) && isUtf8(o.stderr),
    }),
    subject: words.length === 1 ? words[0]! : quoted(words),
  }),
  words,
  lazy: true,
})
