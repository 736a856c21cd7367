// Gathers the facts of the hosts in cases.ts twice: by the script of runbook, and by Ansible's own collectors, in the same place at the
// same moment. What the script printed and what Ansible made of the host is written to facts.jsonl. As root, on Linux with iproute2;
// the Python that has Ansible is named by RUNBOOK_GOLDEN_PYTHON.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { quote } from '../../../src/core/quote.ts'
import { gathered } from '../../../src/module/probes/ansible-facts/gather.ts'
import { type FactCase, factCases } from './cases.ts'

const python = process.env.RUNBOOK_GOLDEN_PYTHON
if (!python) {
  console.error('RUNBOOK_GOLDEN_PYTHON is not set: name a Python that has Ansible (see golden.ts)')
  process.exit(1)
}
if (process.getuid?.() !== 0) {
  console.error('facts are gathered of hosts that only root can make: they stay as they are')
  process.exit(0)
}

/** Folders that get new files, over those of this machine; single files of the kernel's are bound. */
const overlaid = ['/usr/bin', '/sbin', '/run']

const placed = (files: Record<string, string>, folder: string): string =>
  Object.entries(files)
    .map(([path, text], at) => {
      const source = join(folder, `file${at}`)
      writeFileSync(source, text)
      return path.startsWith('/proc/')
        ? `mount --bind ${source} ${path}`
        : `mkdir -p "$(dirname ${path})"; cat ${source} >${path}`
    })
    .join('\n')

/** A host of its own: nothing of this machine is in /etc, and no program tells of this machine's distribution. */
const scene = ({ files = {}, before = ':' }: FactCase, folder: string): string => `
mount --make-rprivate /; mount -t tmpfs tmpfs /etc; mount -t tmpfs tmpfs ${folder}/w
for d in ${overlaid.join(' ')}; do n=$(echo $d | tr / _); d=$(readlink -f $d); mkdir -p ${folder}/w/$n ${folder}/w/$n.w
mount -t overlay overlay -o lowerdir=$d,upperdir=${folder}/w/$n,workdir=${folder}/w/$n.w $d; done
mount -t sysfs sysfs /sys
rm -f /usr/bin/lsb_release /run/systemd/container; hostname node0
for f in /usr/lib/os-release /var/lib/dbus/machine-id; do mount --bind /dev/null $f; done
ip link del ifb0; ip link del ifb1
${Object.keys(files).some(path => path.includes('/dmi/')) ? 'mount -t tmpfs tmpfs /sys/devices/virtual; mount -t tmpfs tmpfs /sys/block' : ':'}
${placed(files, folder)}
${before}`

const folder = mkdtempSync(join(tmpdir(), 'runbook-facts-'))
const wanted = process.argv.slice(2)
const file = join(import.meta.dirname, 'facts.jsonl')
const earlier = wanted.length > 0 ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
const lines = factCases.map(one => {
  if (wanted.length > 0 && !wanted.some(word => one.name.startsWith(word)))
    return earlier.find(line => line.startsWith(`{"name":${JSON.stringify(one.name)}`)) ?? ''
  const { probe } = gathered('platform')
  writeFileSync(join(folder, 'script'), probe.sh(one.subsets.map(item => ({ item, facets: [] }))))
  const facts = `${quote(python)} ${quote(join(import.meta.dirname, 'gather.py'))} ${one.collectors}`
  const sh = `mkdir -p ${folder}/w\n{ ${scene(one, folder)}\n} >/dev/null 2>&1\nsh ${folder}/script >${folder}/printed; ${facts}`
  const { stdout, stderr, status } = spawnSync('unshare', ['-m', '-n', '-u', 'sh', '-c', sh], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${one.name}: ${stderr}`)
  // Of this machine nothing is told: its kernel is a common one.
  const told = (text: string): string => text.replaceAll(release(), '6.1.0-21-amd64')
  const printed = told(readFileSync(join(folder, 'printed'), 'utf8'))
  console.log(one.name)
  return JSON.stringify({ name: one.name, subsets: one.subsets, printed, facts: JSON.parse(told(stdout)) })
})
writeFileSync(file, `${lines.filter(line => line !== '').join('\n')}\n`)
rmSync(folder, { recursive: true, force: true })
