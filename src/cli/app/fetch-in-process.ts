import { spawnSync } from 'node:child_process'
import { MOST_OF_TEXT } from '../../core/controller-file.ts'
import type { WebRequest } from '../../jinja/controller-answers.ts'
import { ValueFault } from '../../jinja/value.ts'

// A template is rendered in one go, so what it fetches is waited for: a process of its own fetches it.

/** Headers, which may be secret, come over standard input. */
const PROGRAM = `
const { url, headers, redirect, timeout } = JSON.parse((await Array.fromAsync(process.stdin)).join(''))
const told = what => { process.stdout.write(JSON.stringify(what)) }
try {
  const answer = await fetch(url, { headers, redirect, signal: AbortSignal.timeout(timeout) })
  if (answer.status < 200 || answer.status > 299) told({ refused: 'HTTP Error ' + answer.status + ': ' + answer.statusText })
  else told({ text: await answer.text() })
} catch (error) {
  told({ failed: error.cause?.message || error.cause?.code || error.message })
}
`

/** A url as it may be shown: without the password in it. */
const shown = (url: string): string => url.replace(/^(\w+:\/\/[^/:@]*):[^/@]*@/, '$1:********@')

const environmentFor = ({ checksCertificate, usesProxy, authorities }: WebRequest): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_NO_WARNINGS: '1',
  ...(usesProxy && { NODE_USE_ENV_PROXY: '1' }),
  ...(!checksCertificate && { NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
  ...(authorities !== undefined && { NODE_EXTRA_CA_CERTS: authorities }),
})

const loginFrom = (url: URL): WebRequest['login'] =>
  url.username === ''
    ? undefined
    : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }

/** What a web server answers. Throws a ValueFault that says why there is no answer. */
export const fetchInProcess = (request: WebRequest): string => {
  if (!URL.canParse(request.url)) throw new ValueFault(`This is no url: ${shown(request.url)}`)
  const url = new URL(request.url)
  const login = request.login ?? loginFrom(url)
  url.username = url.password = ''
  const basic = login && Buffer.from(`${login.user}:${login.password}`).toString('base64')
  const { stdout, error } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    input: JSON.stringify({
      url: url.href,
      headers: [...request.headers, ...(basic === undefined ? [] : [['Authorization', `Basic ${basic}`]])],
      redirect: request.followsRedirects ? 'follow' : 'manual',
      timeout: request.timeout * 1000,
    }),
    encoding: 'utf8',
    env: environmentFor(request),
    timeout: request.timeout * 1000 + 5000,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_OF_TEXT,
  })
  if (error) throw new ValueFault(`Failed lookup url for ${shown(request.url)}: ${error.message}`)
  const answer = JSON.parse(stdout) as { text?: string; refused?: string; failed?: string }
  if (answer.text !== undefined) return answer.text
  const kind = answer.refused === undefined ? 'Failed lookup url' : 'Received HTTP error'
  throw new ValueFault(`${kind} for ${shown(request.url)}: ${answer.refused ?? answer.failed}`)
}
