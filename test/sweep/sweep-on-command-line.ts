import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bin } from '../cli/rig.ts'
import type { Fault } from './judge.ts'
import { kindNamed } from './kinds.ts'
import { mutated } from './mutate.ts'
import { randomFrom } from './random.ts'

/** Of wall time, on a machine that does more than this. */
const MOST_MS = 15_000
/** MiB of the program's heap. */
const MOST_HEAP = 450

const playbook = '- hosts: all\n  tasks:\n    - copy: { dest: "/a/{{ port }}", content: "{{ text }}" }\n'
const inventory = '{"all": {"hosts": {"web1": {"port": 80, "text": "a"}, "db-a": {"port": 81, "text": "b"}}}}'
const journal = '.runbook/runs/20261122-080000-aaaa.ndjson'

/** Commands that contact no host, and the file, or the word, that is the input. */
const commands: readonly { kind: string; file?: string; args: string[] }[] = [
  { kind: 'playbook', file: 'input.yml', args: ['graph', 'input.yml', '-i', 'hosts.json'] },
  { kind: 'playbook', file: 'input.yml', args: ['graph', 'input.yml', '-i', 'hosts.json', '--format', 'svg'] },
  { kind: 'inventory-yaml', file: 'input.yml', args: ['graph', 'play.yml', '-i', 'input.yml'] },
  { kind: 'inventory-ini', file: 'input.ini', args: ['config', '-i', 'input.ini', '--host', 'web1'] },
  { kind: 'variables', file: 'input.yml', args: ['graph', 'play.yml', '-i', 'hosts.json', '-e', '@input.yml'] },
  { kind: 'pattern', args: ['graph', 'play.yml', '-i', 'hosts.json', '--limit'] },
  { kind: 'ansible-config', file: 'ansible.cfg', args: ['config'] },
  { kind: 'plan', file: 'input.json', args: ['plan', 'show', 'input.json'] },
  { kind: 'journal', file: journal, args: ['runs'] },
  { kind: 'journal', file: journal, args: ['runs', 'show', '--diff', '-v'] },
]

const runIn = (folder: string, args: string[]): Fault | undefined => {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${MOST_HEAP}`, bin, ...args],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
      encoding: 'utf8',
      timeout: MOST_MS,
      killSignal: 'SIGKILL',
    },
  )
  const said = `${args.map(word => word.slice(0, 80)).join(' ')}\n${stderr}`.slice(0, 1500)
  if (status === null) return { what: `is ended by ${signal} after ${MOST_MS / 1000} s at most`, why: said }
  if (![0, 1, 3, 4, 5].includes(status)) return { what: `ends with ${status}`, why: said }
  if (/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/.test(stdout + stderr))
    return { what: 'prints what a terminal obeys, or what is not seen', why: said }
  return status !== 0 && stderr.trim() === '' ? { what: `ends with ${status} without a word`, why: said } : undefined
}

/** Tries so many mutated inputs by command line, each kind of command in turn. */
export const sweepOnCommandLine = async ({ seed, runs }: { seed: number; runs: number }): Promise<Fault[]> => {
  const faults: Fault[] = []
  for (let index = 0; index < runs; index += 1) {
    const { kind, file, args } = commands[index % commands.length]!
    const input = mutated(await kindNamed(kind).corpus(), randomFrom(seed, index))
    const folder = mkdtempSync(join(tmpdir(), 'runbook-sweep-'))
    try {
      mkdirSync(join(folder, dirname(file ?? '.')), { recursive: true, mode: 0o700 })
      writeFileSync(join(folder, 'play.yml'), playbook)
      writeFileSync(join(folder, 'hosts.json'), inventory)
      if (file !== undefined) writeFileSync(join(folder, file), input)
      // A word of a command line has no zero byte, and at most 128 KiB.
      const words = file === undefined ? [`${input}`.replaceAll('\0', '').slice(0, 30_000)] : []
      const fault = runIn(folder, [...args, ...words])
      if (fault) faults.push({ what: `${kind} ${index} ${fault.what}`, why: fault.why })
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return faults
}
