import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { quote } from '../src/core/quote.ts'
import { choosePrograms, notePrograms } from './demo-programs.ts'

// `npm run demo`: three throw-away hosts become a private IPFS network with ipfs-cluster on top. Each command is shown
// before it runs, as it can be typed in the project's folder.

const root = fileURLToPath(new URL('..', import.meta.url))
const runbook = 'src/runbook.mjs'
const labInventory = '.runbook/lab/demo/inventory.json'
const playbook = 'playbooks/private-cluster.yml -i inventory/private-cluster.yml'
// Its own: what the demo downloads is no matter of the playbook's lock.
const lock = '.runbook/demo.lock'
const arch = process.arch === 'x64' ? 'amd64' : process.arch
const fetch = [process.execPath, runbook, 'artifacts', 'fetch', ...playbook.split(' '), '--lock', lock]
fetch.push('--arch', arch, '--format', 'json')
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const chapter = (title: string): void => say(`\n# ${title}`)

/** Runs one shell command in sight; the demo ends with its exit code where it fails. */
const sh = (command: string, kept: 'shown' | 'returned' = 'shown'): string => {
  say(`$ ${command}`)
  const stdout = kept === 'shown' ? 'inherit' : 'pipe'
  const { status, stdout: text } = spawnSync('sh', ['-c', command], {
    cwd: root,
    stdio: ['ignore', stdout, 'inherit'],
    encoding: 'utf8',
  })
  if (kept === 'returned') process.stdout.write(text)
  if (status !== 0) process.exit(status ?? 130)
  return (text ?? '').trim()
}

type Host = { name: string; ssh: string }
/** The hosts of the lab, each with the command that logs in to it. */
const hostsOf = (file: string): Host[] =>
  Object.entries<Record<string, string>>(JSON.parse(readFileSync(root + file, 'utf8')).all.children.ipfs.hosts).map(
    ([name, host]) => ({
      name,
      ssh: `ssh -i ${host.ansible_ssh_private_key_file} ${host.ansible_ssh_common_args} ${host.ansible_user}@${host.ansible_host}`.replaceAll(
        root,
        '',
      ),
    }),
  )

chapter('Three throw-away Debian hosts')
sh(`${runbook} lab up --hosts 3 --name demo`)

chapter('The programs')
const note = `${root}.runbook/lab/demo/programs`
const programs = await choosePrograms({
  env: process.env,
  note,
  fetch: { argv: fetch, folder: root },
  patience: 5000,
  say,
})
notePrograms(note, programs)
if (programs.kind === 'folder') say(`From RUNBOOK_ARTIFACTS=${programs.folder}`)
if (programs.kind === 'real') say('The REAL kubo and ipfs-cluster: checked, and kept in the cache of archives.')
if (programs.kind === 'standin') {
  say(`STAND-IN programs, NOT kubo and ipfs-cluster (${programs.why}): they behave alike as far as this playbook goes.`)
  say(
    "For the real ones be online, or set RUNBOOK_ARTIFACTS to a folder with upstream's archives, each with its .sha512.",
  )
  sh('sh test/standin/build.sh .runbook/standin')
}
const from = {
  folder: () => ` --artifacts ${quote(process.env.RUNBOOK_ARTIFACTS ?? '')}`,
  real: () => ` --lock ${lock}`,
  standin: () => ' --artifacts .runbook/standin --lock .runbook/standin.lock',
}
const apply = `${runbook} apply ${playbook} -i ${labInventory}${from[programs.kind]()}`

chapter('A private IPFS network, with ipfs-cluster on top')
sh(apply)

const [first, ...others] = hostsOf(labInventory) as [Host, ...Host[]]
chapter(`A file goes in on ${first.name} ...`)
const put = 'echo "Hello from $(hostname), $(date)" >/tmp/hello && ipfs-cluster-ctl add --quieter /tmp/hello'
const cid = sh(`${first.ssh} '${put}'`, 'returned')

chapter('... and comes out on the others')
for (const { ssh } of others) sh(`${ssh} ipfs --api=/ip4/127.0.0.1/tcp/5001 cat ${cid}`)

chapter('Once more: there is nothing to do')
sh(apply)

chapter('What to try next')
say(`A fourth host joins, the others are not restarted:
$ ${runbook} lab add node3 --name demo
$ ${apply}
Look around on a host:
$ ${first.ssh} ipfs-cluster-ctl peers ls
Take the hosts down:
$ ${runbook} lab down --name demo`)
