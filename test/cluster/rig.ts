import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import type { Event } from '../../src/core/event.ts'
import { handleOf, labAt } from '../../src/lab/names.ts'

// Real hosts for the tests of the main job: a lab of the test's own, in a temporary folder, and gone at the end.

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
export const playbook = `${root}/playbooks/private-cluster.yml`

type Ran = { code: number | null; stdout: string; stderr: string }
type Summary = Extract<Event, { type: 'summary' }>
/** What a run with `--format json` said. */
export type Told = Ran & { events: Event[]; summary: Summary }

type HostVars = { ansible_host: string; ansible_ssh_private_key_file: string; ansible_ssh_common_args: string }

export type Started = { child: ChildProcess; ended: Promise<Ran> }

const begin = (argv: string[], cwd: string, env: NodeJS.ProcessEnv): Started => {
  const [program = '', ...args] = argv
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ran: Ran = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    ran.stdout += piece
  })
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    ran.stderr += piece
  })
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject).on('close', code => resolve({ ...ran, code }))
  })
  return { child, ended }
}

/** What a run with `--format json` that has ended by itself said. */
export const tell = (ran: Ran): Told => {
  const lines = ran.stdout.split('\n').filter(Boolean)
  const events = lines.map((line): Event => JSON.parse(line))
  const last = events.at(-1)
  if (last?.type !== 'summary') throw new Error(`no summary at the end (exit ${ran.code}):\n${ran.stdout}${ran.stderr}`)
  return { ...ran, events, summary: last }
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

export class Rig {
  readonly name: string
  readonly folder: string
  readonly standin = `${root}/.runbook/standin`
  /** The folder of the archives that hosts get: the stand-in's, or the real ones. */
  readonly artifacts: string
  /** Everything that any run of runbook has said. */
  said = ''

  constructor(name: string, artifacts?: string) {
    this.name = name
    this.artifacts = artifacts ?? this.standin
    this.folder = join(tmpdir(), `runbook-cluster-${name}-${process.pid}`)
  }

  /** Runs have a cache of their own, to be looked into; hosts are made from the base that this machine has. */
  #env(words: string[]): NodeJS.ProcessEnv {
    const plain = { RUNBOOK_INVENTORY: '', RUNBOOK_ARTIFACTS: '', RUNBOOK_LOCK: `${this.folder}/artifacts.lock` }
    return words[0] === 'lab' ? plain : { ...plain, XDG_CACHE_HOME: `${this.folder}/cache` }
  }

  get hosts(): Record<string, HostVars> {
    const text = readFileSync(`${this.folder}/${this.inventory}`, 'utf8')
    return JSON.parse(text).all.children.ipfs.hosts
  }

  get nodes(): string[] {
    return Object.keys(this.hosts)
  }

  /** The network namespace of a host on this machine. */
  netns(node: string): string {
    return handleOf(labAt(this.folder, this.name), node)
  }

  /** Starts `runbook WORDS` in the lab's folder. */
  start(...words: string[]): Started {
    const started = begin([process.execPath, `${root}/src/runbook.mjs`, ...words], this.folder, this.#env(words))
    void started.ended.then(({ stdout, stderr }) => {
      this.said += stdout + stderr
    })
    return started
  }

  /** A command on this machine that must work. */
  async must(...argv: string[]): Promise<string> {
    const { code, stdout, stderr } = await begin(argv, this.folder, {}).ended
    if (code !== 0) throw new Error(`exit ${code}: ${argv.join(' ')}\n${stdout}${stderr}`)
    return stdout
  }

  async lab(...words: string[]): Promise<void> {
    const { code, stdout, stderr } = await this.start('lab', ...words, '--name', this.name).ended
    if (code !== 0) throw new Error(`lab ${words.join(' ')}: exit ${code}\n${stdout}${stderr}`)
  }

  /** The lab's inventory. */
  get inventory(): string {
    return `.runbook/lab/${this.name}/inventory.json`
  }

  /** The words of a run of the main playbook on this lab. The project's inventory is for three hosts or more. */
  words(command: 'plan' | 'apply', ...more: string[]): string[] {
    const three = this.nodes.length < 3 ? [] : ['-i', `${root}/inventory/private-cluster.yml`]
    return [command, playbook, ...three, '-i', this.inventory, '--artifacts', this.artifacts, ...more]
  }

  /** Starts an apply and acts as soon as a line (`node2/install_kubo`) has begun; returns how the run ended. */
  applyUntil(line: string, act: (run: ChildProcess) => unknown, ...more: string[]): Promise<Ran> {
    return this.runUntil(line, act, this.words('apply', ...more))
  }

  /** The same for an apply in other words. */
  async runUntil(line: string, act: (run: ChildProcess) => unknown, words: string[]): Promise<Ran> {
    const { child, ended } = this.start(...words, '--format', 'json')
    const began = new Promise<'began'>(resolve => {
      let said = ''
      child.stdout!.on('data', (piece: string) => {
        said += piece
        if (said.split('\n').some(text => text.includes('"type":"running"') && text.includes(`"${line}"`)))
          resolve('began')
      })
    })
    const first = await Promise.race([began, ended])
    if (first !== 'began') throw new Error(`the run ended before ${line}:\n${first.stdout.slice(-2000)}${first.stderr}`)
    await act(child)
    return ended
  }

  async plan(...more: string[]): Promise<Told> {
    return tell(await this.start(...this.words('plan', '--format', 'json', ...more)).ended)
  }

  async apply(...more: string[]): Promise<Told> {
    return tell(await this.start(...this.words('apply', '--format', 'json', ...more)).ended)
  }

  /** Any other playbook, on the lab's inventory alone. */
  async applyOf(file: string, ...more: string[]): Promise<Told> {
    return tell(await this.start('apply', file, '-i', this.inventory, '--format', 'json', ...more).ended)
  }

  /** A command of a host's shell, which must work. */
  async ssh(node: string, command: string, user = 'root'): Promise<string> {
    const vars = this.hosts[node]!
    const own = ['-F', 'none', '-i', vars.ansible_ssh_private_key_file, ...vars.ansible_ssh_common_args.split(' ')]
    const quiet = ['-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', 'ConnectTimeout=10', '-o', 'LogLevel=ERROR']
    return (await this.must('ssh', ...own, ...quiet, `${user}@${vars.ansible_host}`, command)).trim()
  }

  /** The same command on all hosts at once. */
  async everywhere(command: string, nodes = this.nodes): Promise<Record<string, string>> {
    const said = await Promise.all(nodes.map(async node => [node, await this.ssh(node, command)]))
    return Object.fromEntries(said)
  }

  /** Asks until the answer is yes; how often is bounded by time alone. */
  async until(what: string, seconds: number, ask: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + seconds * 1000; !(await ask()); )
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
  }

  /** The programs, and fresh hosts that have done with booting. */
  async raise(hosts = 3, ...words: string[]): Promise<void> {
    await this.#sweep()
    mkdirSync(this.folder, { recursive: true })
    if (this.artifacts === this.standin) await this.must('sh', `${root}/test/standin/build.sh`, this.standin)
    await this.lab('up', '--hosts', String(hosts), ...words)
    await this.everywhere('[ ! -d /run/systemd/system ] || systemctl is-system-running --wait; :')
  }

  async takeDown(): Promise<void> {
    mkdirSync(this.folder, { recursive: true })
    await this.lab('down')
    rmSync(this.folder, { recursive: true })
  }

  /** Labs of earlier runs that were killed before they could take them down. */
  async #sweep(): Promise<void> {
    // Another lab's name may begin with this one's: what follows has to be a number alone.
    const own = new RegExp(`^runbook-cluster-${this.name}-(\\d+)$`)
    for (const entry of readdirSync(tmpdir())) {
      const pid = own.exec(entry)?.[1]
      if (pid === undefined || alive(Number(pid))) continue
      const folder = join(tmpdir(), entry)
      const words = ['lab', 'down', '--name', this.name]
      await begin([process.execPath, `${root}/src/runbook.mjs`, ...words], folder, {}).ended
      rmSync(folder, { recursive: true })
    }
  }
}

/**
 * A lab of the name, and how to register tests on it. The first of them brings it up; a lab that does not come up is
 * a failure of that one and of all behind it.
 * @param artifacts the folder of the archives that hosts get, where that is not the stand-in's
 */
export const onLab = (
  name: string,
  artifacts?: string,
): { lab: Rig; check: (title: string, body: () => Promise<void>) => void } => {
  const lab = new Rig(name, artifacts)
  if (process.getuid?.() !== 0) {
    test.skip('skipped: only root can make the hosts it needs')
    return { lab, check: () => {} }
  }
  test.after(() => lab.takeDown())
  return { lab, check: (title, body) => test(title, body) }
}
