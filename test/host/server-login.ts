import type { AuthContext, Connection } from 'ssh2'

/** Whom a test server lets in, and by what. Its own key always does, unless it is closed. */
export type LoginOptions = {
  /** Lets nobody in. */
  closed?: true
  /** Public keys that do besides, as lines of authorized_keys. */
  authorized?: string[]
  /** By the method `password`. */
  password?: string
  /** By `keyboard-interactive`: what is asked, round after round, and the answer to each. */
  questions?: { prompt: string; echo?: true; answer: string }[]
  /** All of these are wanted, in this order (`AuthenticationMethods`). */
  needs?: string[]
  /** Hangs up after so many failed tries. */
  tries?: number
  /** The right password is not enough: this is said, and a new one wanted. */
  expired?: string
}

/** The public key of a line of authorized_keys, for comparing. */
const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1]!, 'base64')

const asked = (context: AuthContext & { method: 'keyboard-interactive' }, questions: LoginOptions['questions'] = []) =>
  new Promise<boolean>(resolve => {
    const [question, ...more] = questions
    if (!question) return resolve(questions.length === 0)
    context.prompt([{ prompt: question.prompt, echo: question.echo === true }], async ([answer]) => {
      if (answer !== question.answer) return resolve(false)
      resolve(more.length === 0 || (await asked(context, more)))
    })
  })

const isRight = async (context: AuthContext, keys: Buffer[], options: LoginOptions): Promise<boolean> => {
  if (context.method === 'publickey') return keys.some(key => context.key.data.equals(key))
  if (context.method === 'password') return context.password === options.password
  if (context.method === 'keyboard-interactive' && options.questions) return asked(context, options.questions)
  return false
}

/** Answers the logins of one connection; what is tried is added to `attempts`. */
export const answerLogins = (
  client: Connection,
  publicKey: string,
  options: LoginOptions,
  attempts: string[],
): void => {
  const keys = options.closed ? [] : [publicKey, ...(options.authorized ?? [])].map(blobOf)
  const needs = [...(options.needs ?? [])]
  let failures = 0
  const open = (): string[] =>
    needs.length > 0
      ? [needs[0]!]
      : ['publickey', ...(options.password ? ['password'] : []), ...(options.questions ? ['keyboard-interactive'] : [])]
  client.on('authentication', async context => {
    const { method } = context
    const isSigned = context.method !== 'publickey' || context.signature !== undefined
    if (isSigned || !keys.some(key => context.method === 'publickey' && context.key.data.equals(key)))
      attempts.push(method)
    const right = open().includes(method) && (await isRight(context, keys, options))
    if (right && !isSigned) return context.accept()
    if (right && method === 'password' && options.expired && context.method === 'password')
      return context.requestChange(options.expired, () => {})
    if (right && needs.length > 1) {
      needs.shift()
      return context.reject(open() as never, true)
    }
    if (right) return context.accept()
    failures += 1
    if (failures >= (options.tries ?? Number.POSITIVE_INFINITY)) {
      // The code of sshd's "Too many authentication failures"; its words cannot be sent here.
      const { _protocol: protocol } = client as unknown as { _protocol: { disconnect(reason: number): void } }
      protocol.disconnect(14)
      return client.end()
    }
    context.reject(open() as never, false)
  })
}
