import { mkdirSync } from 'node:fs'
import type { Rig } from './rig.ts'
import { type Process, root, runOnce } from './timing.ts'

/** The other tools, as their makers publish them, in a place of their own. */
export type Peers = { ansible: string; pyinfra: string; versions: { ansible: string; pyinfra: string }; python: string }

const place = `${root}/.runbook/bench/peers`
const wanted = ['ansible-core==2.19.*', 'pyinfra==3.10.*']

const askVersions: Process = {
  argv: [
    `${place}/bin/python`,
    '-c',
    'import importlib.metadata as m, os, sys; print(m.version("ansible-core"), m.version("pyinfra"), os.path.realpath(sys._base_executable))',
  ],
  keep: true,
}

const tried = async (what: Process): Promise<string | undefined> => {
  try {
    const { code, stdout } = await runOnce({ ...what, keep: true })
    return code === 0 ? stdout.trim() : undefined
  } catch {
    return undefined
  }
}

/** ansible-core and pyinfra, installed if they are not; or a sentence that says why there are none. */
export const findPeers = async (): Promise<Peers | string> => {
  if ((await tried({ argv: ['python3', '--version'] })) === undefined) return 'there is no python3 on this machine'
  if ((await tried(askVersions)) === undefined) {
    mkdirSync(place, { recursive: true })
    const made = await tried({ argv: ['python3', '-m', 'venv', '--clear', place] })
    if (made === undefined) return 'this python3 makes no venv (on Debian: apt-get install python3-venv)'
    const got = await tried({ argv: [`${place}/bin/pip`, 'install', '--quiet', ...wanted] })
    if (got === undefined) return `pip cannot install ${wanted.join(' and ')} here`
  }
  const [ansible, pyinfra, python] = ((await tried(askVersions)) ?? '').split(' ')
  if (!ansible || !pyinfra || !python) return 'what pip has installed does not run'
  return {
    ansible: `${place}/bin/ansible-playbook`,
    pyinfra: `${place}/bin/pyinfra`,
    versions: { ansible, pyinfra },
    python,
  }
}

/** Ansible needs Python on its host, which hosts of a lab have not: they get this machine's. Whether they can run it. */
export const givePython = async (rig: Rig, { python }: Peers, address: string): Promise<boolean> => {
  const there = 'tar -xP --skip-old-files -f - && exec "$0" -c "import ctypes, grp, hashlib, json, pwd, ssl, zipfile"'
  const script = `packer=$1 python=$2; shift 2; sh "$packer" "$python" | "$@"`
  const command = `sh -c '${there}' ${python}`
  const argv = ['sh', '-c', script, 'sh', `${root}/test/bench/chain/python.sh`, python, ...rig.ssh(address), command]
  return (await tried({ argv })) !== undefined
}
