import { distributionCases } from './distribution-cases.ts'

/**
 * Hosts that facts are gathered of: what lies in their files, and what else is done before (sh, as root, in a place of its own: mounts,
 * networks and the host's name are nobody else's). `collectors` are Ansible's, `subsets` ours.
 */
export type FactCase = {
  name: string
  collectors: string
  subsets: string[]
  files?: Record<string, string>
  before?: string
}

const cpu = (lines: string, count: number): string =>
  Array.from({ length: count }, (_, at) => `processor\t: ${at}\n${lines.replaceAll('#', String(at))}\n`).join('\n')
const intel =
  'vendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz\nflags\t\t: fpu vme de pse'

const processors: [string, string][] = [
  ['a virtual machine', cpu(`${intel}\nphysical id\t: 0\nsiblings\t: 2\ncore id\t\t: #\ncpu cores\t: 2`, 2)],
  ['one without packages', cpu(intel, 4)],
  [
    'two packages with threads',
    [0, 1, 2, 3, 4, 5, 6, 7]
      .map(
        at =>
          `processor\t: ${at}\n${intel}\nphysical id\t: ${at % 2}\nsiblings\t: 4\ncore id\t\t: ${(at >> 1) % 2}\ncpu cores\t: 2\n`,
      )
      .join('\n'),
  ],
  ['QEMU', cpu('vendor_id\t: GenuineIntel\nmodel name\t: QEMU Virtual CPU version 2.5+\nflags\t\t: fpu', 1)],
  ['ARM', cpu('BogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm\nCPU implementer\t: 0x41', 4)],
]

const board = (name: string, values: Record<string, string>): FactCase => ({
  name: `board: ${name}`,
  collectors: 'hardware,virtual',
  subsets: ['board', 'virtualization'],
  files: Object.fromEntries(
    Object.entries({ product_name: '', ...values }).map(([key, value]) => [
      `/sys/devices/virtual/dmi/id/${key}`,
      `${value}\n`,
    ]),
  ),
})

const nobody = { '/proc/1/cgroup': '0::/init.scope\n', '/proc/1/environ': '', '/proc/modules': '' }
const container = (name: string, files: Record<string, string>): FactCase => ({
  name: `virtualization: ${name}`,
  collectors: 'virtual',
  subsets: ['virtualization'],
  files: { ...nobody, ...files },
})
const init = (name: string, files: Record<string, string>, before = ''): FactCase => ({
  name: `service manager: ${name}`,
  collectors: 'platform,distribution,service_mgr',
  subsets: ['serviceManager'],
  files,
  before,
})

export const factCases: FactCase[] = [
  ...distributionCases,
  ...processors.map(
    ([name, text]): FactCase => ({
      name: `processors: ${name}`,
      collectors: 'hardware',
      subsets: ['processors', 'memory'],
      files: {
        '/proc/cpuinfo': text,
        '/proc/meminfo':
          'MemTotal:       16341452 kB\nMemFree:         1022072 kB\nMemAvailable:    9123456 kB\nBuffers:          512312 kB\nCached:          7345678 kB\nSwapCached:           12 kB\nSwapTotal:       2097148 kB\nSwapFree:        2097000 kB\n',
      },
    }),
  ),
  board('Dell', {
    bios_vendor: 'Dell Inc.',
    bios_version: '2.12.2',
    bios_date: '07/09/2021',
    board_name: '0H21J3',
    chassis_type: '23',
    chassis_vendor: 'Dell Inc.',
    product_name: 'PowerEdge R640',
    product_uuid: '4c4c4544-0042-3510-8054-b4c04f573232',
    sys_vendor: 'Dell Inc.',
  }),
  board('QEMU', { product_name: 'Standard PC (Q35 + ICH9, 2009)', sys_vendor: 'QEMU', chassis_type: '1' }),
  board('VMware', { product_name: 'VMware Virtual Platform', sys_vendor: 'VMware, Inc.', chassis_type: '1' }),
  board('VirtualBox', { product_name: 'VirtualBox', bios_vendor: 'innotek GmbH', sys_vendor: 'innotek GmbH' }),
  board('Amazon', { product_name: 't3.micro', bios_vendor: 'Amazon EC2', sys_vendor: 'Amazon EC2' }),
  board('Hyper-V', { product_name: 'Virtual Machine', sys_vendor: 'Microsoft Corporation', chassis_type: '3' }),
  board('RHV', { product_name: 'RHEV', product_family: 'RHV', sys_vendor: 'Red Hat' }),
  board('OpenStack', { product_name: 'OpenStack Nova', sys_vendor: 'OpenStack Foundation' }),
  board('another', { product_name: 'X', chassis_type: '99' }),
  container('none', {}),
  container('Docker', { '/proc/1/cgroup': '12:cpu:/docker/0123abcd\n' }),
  container('Docker by systemd', { '/proc/1/cgroup': '0::/system.slice/docker-0123abcd.scope\n' }),
  container('LXC', { '/proc/1/environ': 'PATH=/bin\0container=lxc\0' }),
  container('Podman', { '/proc/1/environ': 'container=podman\0TERM=xterm\0' }),
  container('systemd-nspawn', { '/run/systemd/container': 'systemd-nspawn\n' }),
  container('a host of virtual machines', { '/proc/modules': 'kvm_intel 1 0 - Live\nkvm 1 1 kvm_intel, Live\n' }),
  container('VirtualBox at home', { '/proc/modules': 'vboxdrv 1 0 - Live\n' }),
  container('a kernel with virtio', { '/proc/modules': 'virtio 1 0 - Live\n' }),
  init('systemd', { '/proc/1/comm': 'systemd\n' }),
  init('runit', { '/proc/1/comm': 'runit-init\n' }),
  init('BusyBox', { '/proc/1/comm': 'init\n' }),
  init('a shell', { '/proc/1/comm': 'bash\n', '/run/systemd/system/x': '' }),
  init('sysvinit', { '/proc/1/comm': 'init\n', '/etc/init.d/x': '' }, 'rm -rf /run/systemd'),
  init('OpenRC', { '/proc/1/comm': 'init\n', '/sbin/openrc': '' }, 'rm -rf /run/systemd'),
  ...['Debian', 'Fedora', 'openSUSE', 'Alpine', 'Arch Linux', 'Gentoo'].flatMap((name): FactCase[] =>
    ['apt-get', 'dnf5', 'zypper', 'pacman', 'emerge'].map(program => ({
      name: `package manager: ${name} with ${program}`,
      collectors: 'platform,distribution,pkg_mgr',
      subsets: ['packageManager'],
      files: {
        '/etc/os-release': `NAME="${name}"\nID=${name.toLowerCase().replaceAll(' ', '')}\nVERSION_ID=1\n`,
        ...(name === 'Fedora' ? { '/etc/redhat-release': 'Fedora release 39 (Thirty Nine)\n' } : {}),
        [`/usr/bin/${program}`]: '',
      },
      before: `rm -f /usr/bin/apt-get; :>/usr/bin/${program}; ${program === 'dnf5' ? 'ln -s dnf5 /usr/bin/dnf' : ':'}`,
    })),
  ),
  {
    name: 'network',
    collectors: 'platform,distribution,network,iscsi,nvme,fibre_channel_wwn',
    subsets: ['network', 'localRoutes', 'initiators'],
    files: { '/etc/iscsi/initiatorname.iscsi': '## no\nInitiatorName=iqn.1993-08.org.debian:01:44a42c8ddb8b\n' },
    before: `ip link set lo up; ip link add eth0 address 02:00:00:00:00:01 type veth peer name far address 02:00:00:00:00:09
ip link set far up; ip link set eth0 mtu 1400 up
ip addr add 10.1.2.3/20 brd + dev eth0; ip addr add 10.1.2.4/20 brd + dev eth0; ip addr add 10.9.0.1/32 dev eth0 label eth0:1
ip -6 addr add fd00:1::5/64 dev eth0 nodad; ip route add default via 10.1.0.1; ip -6 route add default via fd00:1::1
ip link add br-lan address 02:00:00:00:00:02 type bridge; ip link add eth1 address 02:00:00:00:00:03 type veth peer name down
ip link set eth1 master br-lan; ip link set br-lan up; ip addr add 192.168.7.1/24 dev br-lan
ip addr add 172.16.0.1 peer 172.16.0.2 dev eth1; sleep 3`,
  },
  { name: 'no network', collectors: 'platform,distribution,network', subsets: ['network', 'localRoutes'] },
  {
    name: 'custom facts',
    collectors: 'local',
    subsets: ['customFacts'],
    files: {
      '/etc/ansible/facts.d/a.fact': '{"list": [1, 2.5, null, true], "deep": {"x": "y"}}\n',
      '/etc/ansible/facts.d/b.fact': '[general]\nMixed = Value\nother: 1\n; comment\n# comment\n[two]\nlong = a\n  b\n',
      '/etc/ansible/facts.d/c.fact': 'neither json\nnor ini\n',
      '/etc/ansible/facts.d/d.fact': '#!/bin/sh\necho \'{"ran": true}\'\n',
      '/etc/ansible/facts.d/e.fact': '#!/bin/sh\necho out; echo sorry >&2; exit 3\n',
      '/etc/ansible/facts.d/f.fact': '"text"',
      '/etc/ansible/facts.d/g.fact': '',
      '/etc/ansible/facts.d/h.fact': '[a]\nx=1\n[a]\ny=2\n',
      '/etc/ansible/facts.d/i.fact': '[DEFAULT]\nz=0\n[a]\nx=1\n',
      '/etc/ansible/facts.d/j.txt': '{}',
    },
    before: 'chmod +x /etc/ansible/facts.d/d.fact /etc/ansible/facts.d/e.fact',
  },
  { name: 'no custom facts', collectors: 'local', subsets: ['customFacts'] },
  {
    name: 'resolver',
    collectors: 'dns',
    subsets: ['resolver'],
    files: {
      '/etc/resolv.conf':
        '# comment\n; comment\nnameserver 10.0.0.1\nnameserver  fd00::1\ndomain example.org\nsearch a.example b.example\nsortlist 10.0.0.0/8\noptions rotate timeout:2 ndots:\n\nunknown x\n',
    },
  },
  { name: 'no resolver', collectors: 'dns', subsets: ['resolver'] },
  ...['ro quiet root=/dev/sda1 console=tty0 console=ttyS0,115200', 'x="a b" y=\'c d\' z', 'broken="a b', 'a=b=c a'].map(
    (text): FactCase => ({
      name: `command line: ${text}`,
      collectors: 'cmdline',
      subsets: ['kernelArguments'],
      files: { '/proc/cmdline': `${text}\n` },
    }),
  ),
  {
    name: 'host keys',
    collectors: 'ssh_pub_keys',
    subsets: ['hostKeys'],
    files: {
      '/etc/ssh/ssh_host_rsa_key.pub': 'ssh-rsa AAAAB3NzaC1yc2E root@node0\n',
      '/etc/ssh/ssh_host_ed25519_key.pub': 'ssh-ed25519 AAAAC3NzaC1lZDI1',
    },
  },
  {
    name: 'names: a full one',
    collectors: 'platform',
    subsets: ['platform', 'fullNames', 'machineId'],
    files: {
      '/etc/hosts': '127.0.0.1 localhost\n10.0.0.7 node7 node7.example.org\n',
      '/etc/nsswitch.conf': 'hosts: files\n',
      '/etc/machine-id': '0123456789abcdef0123456789abcdef\n',
    },
    before: 'hostname node7',
  },
  {
    name: 'names: one with dots, of nobody',
    collectors: 'platform',
    subsets: ['platform', 'fullNames'],
    files: { '/etc/hosts': '127.0.0.1 localhost\n', '/etc/nsswitch.conf': 'hosts: files\n' },
    before: 'hostname node8.example.org',
  },
  {
    name: 'names: an alias of localhost',
    collectors: 'platform',
    subsets: ['platform', 'fullNames'],
    files: { '/etc/hosts': '127.0.0.1 localhost node9\n', '/etc/nsswitch.conf': 'hosts: files\n' },
    before: 'hostname node9',
  },
  {
    name: 'account',
    collectors: 'user',
    subsets: ['account'],
    files: {
      '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nada:x:1000:1001:Ada L,,,:/home/ada:/bin/zsh\n',
      '/etc/nsswitch.conf': 'passwd: files\n',
    },
    before: 'export LOGNAME=ada USER=ada',
  },
  {
    name: 'an account of no name',
    collectors: 'user',
    subsets: ['account'],
    files: { '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n', '/etc/nsswitch.conf': 'passwd: files\n' },
    before: 'export LOGNAME=nobodyknows',
  },
]
