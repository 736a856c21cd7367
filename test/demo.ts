import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// `npm run demo`: three throw-away hosts become a private IPFS network with ipfs-cluster on top. Each command is shown
// before it runs, as it can be typed in the project's folder.

const root = fileURLToPath(new URL('..', import.meta.url))
const runbook = 'src/runbook.mjs'
const inventory = '.runbook/lab/demo/inventory.json'
const given = process.env.RUNBOOK_ARTIFACTS
const artifacts = given || '.runbook/standin'
const apply = `${runbook} apply playbooks/private-cluster.yml -i inventory/private-cluster.yml -i ${inventory} --artifacts ${artifacts}${given ? '' : ' --lock .runbook/standin.lock'}`

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
if (given) say(`From RUNBOOK_ARTIFACTS=${given}`)
else {
  say('STAND-IN programs, NOT kubo and ipfs-cluster: they behave alike as far as this playbook goes, for tests only.')
  say("For the real ones set RUNBOOK_ARTIFACTS to a folder with upstream's archives, each with its .sha512.")
  sh(`sh test/standin/build.sh ${artifacts}`)
}

chapter('A private IPFS network, with ipfs-cluster on top')
sh(apply)

const [first, ...others] = hostsOf(inventory) as [Host, ...Host[]]
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
