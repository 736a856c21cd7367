import { spawnSync } from 'node:child_process'

/** What ansible-playbook has done with one play on one host. */
export type AnsibleRun = {
  code: number | null
  changed: number
  failed: number
  ok: number
  seconds: number
  tasks: Map<string, string>
  text: string
}

type TaskResult = { changed?: boolean; failed?: boolean; skipped?: boolean; ignore_errors?: boolean }
type Said = {
  plays: { tasks: { task: { id: string; name: string }; hosts: Record<string, TaskResult> }[] }[]
  stats: Record<string, { changed: number; failures: number; ok: number }>
}

const wordOf = ({ changed, failed, skipped }: TaskResult): string =>
  failed ? 'failed' : skipped ? 'skipped' : changed ? 'changed' : 'ok'

/** Runs it, as people do who care for time: with pipelining. @param program the path of ansible-playbook */
export const ansible = (program: string, argv: string[], folder: string, env: Record<string, string>): AnsibleRun => {
  const began = Date.now()
  const { status, stdout, stderr } = spawnSync(program, argv, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: {
      ...process.env,
      ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json',
      ANSIBLE_PIPELINING: '1',
      ANSIBLE_HOST_KEY_CHECKING: '0',
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_RETRY_FILES_ENABLED: '0',
      ...env,
    },
  })
  const seconds = (Date.now() - began) / 1000
  const begin = stdout.indexOf('\n{') < 0 ? stdout.indexOf('{') : stdout.indexOf('\n{')
  const text = `${stdout.slice(0, Math.max(0, begin))}${stderr}`
  if (begin < 0) return { code: status, changed: 0, failed: 0, ok: 0, seconds, tasks: new Map(), text }
  const said = JSON.parse(stdout.slice(begin)) as Said
  const all = said.plays.flatMap(({ tasks }) => tasks)
  const tasks = new Map<string, string>()
  for (const { task, hosts } of all)
    for (const result of Object.values(hosts)) {
      let name = task.name
      for (let n = 2; tasks.has(name); n++) name = `${task.name} #${n}`
      tasks.set(name, wordOf(result))
    }
  const [stats] = Object.values(said.stats)
  return {
    code: status,
    changed: stats?.changed ?? 0,
    failed: stats?.failures ?? 0,
    ok: stats?.ok ?? 0,
    seconds,
    tasks,
    text,
  }
}
