import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Far, onFarHosts } from '../far.ts'
import { type Rig, runbook } from '../rig.ts'
import { infoRow, type Row, ratioRow } from '../row.ts'
import { byTurns, median, must, type Process, root } from '../timing.ts'

/** A whole run of Ansible's takes half a minute. */
const ROUNDS = 2
/** How many times as fast as pyinfra the first run is to be. */
const FIRST_RUN = 1 / 5

type Rival = { name: string; processOn(far: Far): Process }

const ansible = (folder: string, more: Record<string, string> = {}) => ({
  processOn: ({ inventory }: Far): Process => ({
    argv: [
      `${folder}/bin/ansible-playbook`,
      '-i',
      inventory,
      '-e',
      'base=/opt/ordinary',
      'test/bench/rivals/ordinary.yml',
    ],
    env: {
      ANSIBLE_PIPELINING: '1',
      ANSIBLE_FORKS: '10',
      ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
      ...more,
    },
  }),
})

/** pyinfra reads its inventory as a program. */
const pyinfraInventory = ({ inventory }: Far): string => {
  const { all } = JSON.parse(readFileSync(inventory, 'utf8'))
  const [, known] = all.vars.ansible_ssh_common_args.split('UserKnownHostsFile=')
  const hosts = Object.entries(all.hosts as Record<string, { ansible_port: number }>).map(
    ([name, { ansible_port }]) =>
      `("${name}", {"ssh_hostname": "127.0.0.1", "ssh_port": ${ansible_port}, "ssh_user": "root", "ssh_key": "${all.vars.ansible_ssh_private_key_file}", "ssh_known_hosts_file": "${known}"})`,
  )
  const file = inventory.replace(/json$/, 'py')
  writeFileSync(file, `hosts = [${hosts.join(', ')}]\n`)
  return file
}

/** Those of a virtual environment of Python's, with the settings that make each of them fast. */
const rivalsIn = (folder: string): Rival[] => {
  const [strategies = ''] = globSync(`${folder}/lib/python3*/site-packages/ansible_mitogen/plugins/strategy`)
  const mitogen = { ANSIBLE_STRATEGY: 'mitogen_linear', ANSIBLE_STRATEGY_PLUGINS: strategies }
  return [
    { name: 'pyinfra', processOn: far => pyinfra(folder, far) },
    ...(strategies === '' ? [] : [{ name: 'mitogen', ...ansible(folder, mitogen) }]),
    { name: 'Ansible', ...ansible(folder) },
  ]
}

const pyinfra = (folder: string, far: Far): Process => ({
  argv: [
    ...[`${folder}/bin/pyinfra`, '-y', '--data', 'base=/opt/ordinary'],
    ...[pyinfraInventory(far), 'test/bench/rivals/ordinary.py'],
  ],
})

const ours = ({ inventory }: Far): Process => ({ argv: runbook('apply', 'test/bench/ordinary.yml', '-i', inventory) })

/** As it was before anybody has been there. */
const RESET = `userdel ordinary; groupdel ordinary; rm -rf /opt/ordinary \
/etc/security/limits.d/ordinary.conf /etc/sysctl.d/60-ordinary.conf /usr/local/bin/ordinary; sed -i /opt/d /etc/shells /etc/environment; :`

const firstRuns = async (rig: Rig, rival: Rival, far: Far): Promise<Row> => {
  const times = { ours: [] as number[], theirs: [] as number[] }
  for (let round = 0; round < 3; round++) {
    await must(rig.everywhere(RESET))
    times.ours.push((await must(ours(far))).ms)
    await must(rig.everywhere(RESET))
    times.theirs.push((await must(rival.processOn(far))).ms)
  }
  const both = { ours: median(times.ours), theirs: median(times.theirs) }
  return ratioRow(`20 ordinary tasks at 50 ms, first run / ${rival.name}`, both, FIRST_RUN)
}

/** What other programs find on hosts: Python, where there is none. */
const givePython = async (rig: Rig): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-python-'))
  await must({ argv: ['sh', `${root}/test/bench/rivals/python.sh`, folder] })
  const unpack = 'command -v python3 >/dev/null && exec cat >/dev/null; tar -C / --keep-directory-symlink -xf -'
  await must(rig.everywhere(unpack, `${folder}/python.tar`))
}

/** The same tasks by other programs, at 0 and 50 ms. RUNBOOK_RIVALS is the folder of a virtual environment with them. */
export const rivals = async (rig: Rig): Promise<Row[]> => {
  const folder = process.env.RUNBOOK_RIVALS
  if (!folder) return [infoRow('20 ordinary tasks / other programs', 'not measured: RUNBOOK_RIVALS names no folder')]
  await givePython(rig)
  const rows: Row[] = []
  const all = rivalsIn(folder)
  rows.push(await onFarHosts(rig, 50, far => firstRuns(rig, all[0]!, far)))
  for (const rtt of [0, 50])
    for (const rival of all) {
      const times = await onFarHosts(rig, rtt, async far => {
        await must(rival.processOn(far))
        return byTurns(ours(far), rival.processOn(far), ROUNDS)
      })
      rows.push(ratioRow(`20 ordinary tasks at ${rtt} ms / ${rival.name}`, times))
    }
  return rows
}
