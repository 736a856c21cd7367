import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bin, sandbox } from '../cli/rig.ts'
import { type Liar, LOGIN, loginVars, startLiar } from './liar.ts'
import { LIES, type Lie } from './lies.ts'
import { startServer } from './server.ts'

/** What came of one host of a run: why it left it, and whether all was done there. */
export type Fate = { reasons: string[]; isDone: boolean }
export type LiarsRun = {
  code: number | null
  err: string
  fates: Record<string, Fate>
  /** Until the healthy ones were done, and until the run has ended. */
  healthyMs: number
  ms: number
  /** The most memory that the run had. */
  mostMb: number
}

const HEALTHY = ['healthy1', 'healthy2']
const BIG = 5_000_000

const PLAYBOOK = `- hosts: all
  tasks:
    - { name: small, copy: { dest: '{{ place }}/small', content: 'one small file' } }
    - { name: big, copy: { dest: '{{ place }}/big', src: big.bin } }
    - { name: last, command: { argv: [sh, -c, 'echo done >{{ place }}/done'], creates: '{{ place }}/done' } }
`

type Told = { type: string; host?: string; task?: string; status?: string; failure?: { reason: string } }

/** Takes the events of a run as they come. */
const listener = () => {
  const began = performance.now()
  const fates: Record<string, Fate> = {}
  let healthyMs = 0
  let rest = ''
  const take = (event: Told): void => {
    if (event.host === undefined) return
    const fate = fates[event.host] ?? { reasons: [], isDone: false }
    fates[event.host] = fate
    if (event.failure) fate.reasons.push(event.failure.reason)
    if (event.type !== 'result' || event.task !== 'last' || event.status !== 'changed') return
    fate.isDone = true
    if (HEALTHY.includes(event.host)) healthyMs = performance.now() - began
  }
  return {
    fates,
    hear: (chunk: string): void => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      for (const line of lines) take(JSON.parse(line) as Told)
    },
    times: () => ({ healthyMs, ms: performance.now() - began }),
  }
}

const mostMb = (pid: number): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

const SECONDS = { login: 3, answer: 3 }

/** Applies one playbook to two healthy hosts and to one for each of these lies, all at once. */
export const runBeside = async (lies: Record<string, Lie>): Promise<LiarsRun> => {
  const place = sandbox()
  const healthy = await Promise.all(HEALTHY.map(() => startServer({ programs: LOGIN })))
  const liars: [string, Liar][] = []
  for (const [name, lie] of Object.entries(lies)) liars.push([name, await startLiar(lie)])
  const ofLiars = liars.map(([name, { vars }], i) => [
    `liar${i}`,
    {
      ...vars,
      ansible_command_timeout: SECONDS.answer,
      ...(lies[name]!.socket || lies[name]!.login ? { ansible_timeout: SECONDS.login } : {}),
    },
  ])
  const ofHealthy = healthy.map((server, i) => [HEALTHY[i], loginVars(server)])
  place.write('hosts.json', JSON.stringify({ all: { hosts: Object.fromEntries([...ofLiars, ...ofHealthy]) } }))
  place.write('site.yml', PLAYBOOK)
  place.write('big.bin', 'x'.repeat(BIG))
  try {
    const child = spawn(process.execPath, [bin, 'apply', 'site.yml', '-i', 'hosts.json', '--format', 'json'], {
      cwd: place.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const heard = listener()
    let [err, most] = ['', 0]
    const sample = setInterval(() => {
      most = Math.max(most, mostMb(child.pid!))
    }, 50)
    child.stdout.setEncoding('utf8').on('data', heard.hear)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    const code = await new Promise<number | null>(resolve => child.on('close', resolve))
    clearInterval(sample)
    const named = Object.entries(heard.fates).map(([host, fate]) => [
      /^liar/.test(host) ? liars[Number(host.slice(4))]![0] : host,
      fate,
    ])
    const isThere = ({ folder }: { folder: string }): boolean => existsSync(join(folder, 'done'))
    for (const [i, server] of healthy.entries()) heard.fates[HEALTHY[i]!]!.isDone &&= isThere(server)
    return { code, err, fates: Object.fromEntries(named), ...heard.times(), mostMb: most }
  } finally {
    await Promise.all([...healthy, ...liars.map(([, liar]) => liar)].map(server => server.stop()))
    place.remove()
  }
}

/** So many lies, the first ones of each kind. */
const some = (count: number): Record<string, Lie> => {
  const all = Object.entries(LIES)
  const step = all.length / count
  return Object.fromEntries(Array.from({ length: count }, (_, i) => all[Math.floor(i * step)]!))
}

if (import.meta.main) {
  const alone = await runBeside({})
  const beside = await runBeside(some(40))
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  process.stdout.write(
    `two healthy hosts alone: done in ${seconds(alone.healthyMs)}, ${alone.mostMb.toFixed(0)} MB\n` +
      `beside 40 that lie: done in ${seconds(beside.healthyMs)}, the run in ${seconds(beside.ms)}, ${beside.mostMb.toFixed(0)} MB, exit code ${beside.code}\n`,
  )
}
