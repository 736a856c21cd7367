import { boardSection, cpuinfoSection } from './hardware.ts'
import { linesOf, type Printed, readLine, type Section, type Subset, valuesIn } from './section.ts'

/** What a container, a hypervisor and the kernel leave to be seen; the environment of the first process is root's to read. */
const tracesSection: Section = {
  name: 'traces',
  sh: `${readLine}
for f in /proc/vz /proc/lve /proc/bc /proc/xen /.dockerenv /.dockerinit /dev/kvm /rhev; do [ -e $f ] && echo "there=$f"; done
r container /run/systemd/container
[ -r /proc/xen/capabilities ] && while read -r v; do echo "xen=$v"; done </proc/xen/capabilities
while read -r v; do echo "cgroup=$v"; done </proc/1/cgroup
while read -r v w; do case $v in VxID:) echo "vxid=$w";; esac; done </proc/self/status
while read -r v w; do case $v in kvm|vboxdrv|virtio) echo "module=$v";; esac; done </proc/modules
tr '\\0' '\\n' </proc/1/environ | while read -r v; do case $v in *container=*) echo "environ=$v";; esac; done; :`,
}

/** The first technique that is found counts; those behind it are only listed. */
type Found = { type?: string; role?: string; guest: Set<string>; host: Set<string>; isOver: boolean }

const settle = (found: Found, type: string, role?: string): void => {
  if (found.isOver) return
  found.type = type
  if (role !== undefined) found.role = role
  found.isOver = true
}
const guest = (found: Found, type: string): void => {
  found.guest.add(type)
  settle(found, type, 'guest')
}

type Traces = { of(key: string): string[]; has(path: string): boolean }

const tracesIn = (text: string): Traces => {
  const lines = linesOf(text)
  const of = (key: string): string[] =>
    lines.filter(line => line.startsWith(`${key}=`)).map(line => line.slice(key.length + 1))
  const there = new Set(of('there'))
  return { of, has: path => there.has(path) }
}

const lookForContainers = (found: Found, { of, has }: Traces): void => {
  for (const line of of('cgroup')) {
    if (/\/docker(\/|-[0-9a-f]+\.scope)/.test(line)) guest(found, 'docker')
    if (/\/lxc\/|\/machine.slice\/machine-lxc/.test(line)) guest(found, 'lxc')
    if (line.includes('/system.slice/containerd.service')) guest(found, 'containerd')
  }
  for (const line of of('environ')) {
    if (line.includes('container=lxc')) guest(found, 'lxc')
    if (line.includes('container=podman')) guest(found, 'podman')
    if (/^container=./.test(line)) guest(found, 'container')
  }
  if (has('/proc/vz') && !has('/proc/lve')) {
    const role = has('/proc/bc') ? 'host' : 'guest'
    found[role].add('openvz')
    if (!found.isOver) found.role = role
    found.type = 'openvz'
    found.isOver = true
  }
  const [container = ''] = of('container').map(name => name.trim())
  if (container !== '') guest(found, container)
  if (has('/.dockerenv') || has('/.dockerinit')) guest(found, 'docker')
  const isContained = ['docker', 'lxc', 'podman', 'openvz', 'containerd'].some(one => found.guest.has(one))
  if (isContained || container !== '') found.guest.add('container')
}

const lookForXen = (found: Found, { of, has }: Traces): void => {
  if (!has('/proc/xen')) return
  const isHost = of('xen').some(line => line.includes('control_d'))
  if (isHost) found.host.add('xen')
  settle(found, 'xen', isHost ? 'host' : 'guest')
}

/** What the board of a virtual machine calls itself: a member, what it is, and the technique. */
const boards: [key: string, is: RegExp, type: string][] = [
  ['product_name', /^(KVM|KVM Server|Bochs|AHV|CloudStack KVM Hypervisor)$/, 'kvm'],
  ['sys_vendor', /^oVirt$/, 'oVirt'],
  ['red_hat', /^RHV$/, 'RHV'],
  ['red_hat', /^RHEV Hypervisor$/, 'RHEV'],
  ['product_name', /^VMware/, 'VMware'],
  ['product_name', /^OpenStack (Compute|Nova)$/, 'openstack'],
  ['bios_vendor', /^Xen$/, 'xen'],
  ['bios_vendor', /^innotek GmbH$/, 'virtualbox'],
  ['bios_vendor', /^(Amazon EC2|DigitalOcean|Hetzner|Linode)$/, 'kvm'],
  ['sys_vendor', /^(QEMU|Amazon EC2|DigitalOcean|Google|Scaleway|Nutanix)$/, 'kvm'],
  ['sys_vendor', /^KubeVirt$/, 'KubeVirt'],
  ['sys_vendor', /^Microsoft Corporation$/, 'VirtualPC'],
  ['sys_vendor', /^Parallels Software International Inc\.$/, 'parallels'],
  ['sys_vendor', /^OpenStack Foundation$/, 'openstack'],
]

const lookAtBoard = (found: Found, values: Map<string, string>): void => {
  const family = values.get('product_family')
  const said = new Map(values)
  if (values.get('sys_vendor') === 'Red Hat')
    said.set('red_hat', family === 'RHV' ? family : (values.get('product_name') ?? ''))
  for (const [key, is, type] of boards) if (is.test(said.get(key) ?? '')) guest(found, type)
}

/** What the processor calls itself where it is none. */
const processorNames: [RegExp, string][] = [
  [/^model name.*QEMU Virtual CPU/, 'kvm'],
  [/^vendor_id.*User Mode Linux/, 'uml'],
  [/^model name.*UML/, 'uml'],
  [/^machine.*CHRP IBM pSeries .emulated by qemu./, 'kvm'],
  [/^vendor_id.*PowerVM Lx86/, 'powervm_lx86'],
  [/^vendor_id.*IBM\/S390/, 'PR/SM'],
]

const lookAtProcessor = (found: Found, cpuinfo: string): void => {
  for (const line of linesOf(cpuinfo)) {
    const type = processorNames.find(([is]) => is.test(line))?.[1]
    if (type === undefined) continue
    found.guest.add(type)
    settle(found, type, type === 'PR/SM' ? 'LPAR' : 'guest')
  }
}

const lookAtKernel = (found: Found, { of, has }: Traces): void => {
  const modules = new Set(of('module'))
  if (modules.has('kvm')) {
    found.host.add('kvm')
    settle(found, 'kvm', 'host')
  }
  if (modules.has('vboxdrv')) {
    found.host.add('virtualbox')
    settle(found, 'virtualbox', 'host')
  }
  if (modules.has('virtio')) {
    found.host.add('kvm')
    settle(found, 'kvm', 'guest')
  }
  if (has('/dev/kvm')) {
    found.host.add('kvm')
    settle(found, 'kvm', 'host')
  }
}

const lookForServer = (found: Found, { of }: Traces): void => {
  for (const id of of('vxid')) {
    const role = id.trim().startsWith('0') ? 'host' : 'guest'
    found[role].add('linux_vserver')
    settle(found, 'linux_vserver', role)
  }
}

export const virtualization: Subset = {
  facts: ['virtualization_type', 'virtualization_role', 'virtualization_tech_guest', 'virtualization_tech_host'],
  sections: [tracesSection, boardSection, cpuinfoSection],
  make: (printed: Printed) => {
    const traces = tracesIn(printed(tracesSection))
    const found: Found = { guest: new Set(), host: new Set(), isOver: false }
    lookForContainers(found, traces)
    lookForXen(found, traces)
    lookAtBoard(found, valuesIn(printed(boardSection)))
    lookForServer(found, traces)
    lookAtProcessor(found, printed(cpuinfoSection))
    lookAtKernel(found, traces)
    settle(found, 'NA', 'NA')
    return {
      virtualization_type: found.type!,
      ...(found.role === undefined ? {} : { virtualization_role: found.role }),
      virtualization_tech_guest: [...found.guest].sort(),
      virtualization_tech_host: [...found.host].sort(),
    }
  },
}
