import type { FactCase } from './cases.ts'

const release = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${/^[\w.-]+$/.test(value) ? value : `"${value}"`}\n`)
    .join('')

const of = (name: string, files: Record<string, string>): FactCase => ({
  name: `distribution: ${name}`,
  collectors: 'platform,distribution,lsb',
  subsets: ['distribution', 'lsb'],
  files,
})

/** Of a system like Red Hat's: one line in several files. */
const likeRedHat = (name: string, line: string, values: Record<string, string>, own?: string): FactCase =>
  of(name, {
    '/etc/os-release': release(values),
    '/etc/redhat-release': `${line}\n`,
    '/etc/system-release': `${line}\n`,
    ...(own === undefined ? {} : { [own]: `${line}\n` }),
  })

export const distributionCases: FactCase[] = [
  of('Debian 12', {
    '/etc/os-release':
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n',
    '/etc/debian_version': '12.5\n',
  }),
  of('Debian testing', {
    '/etc/os-release':
      'PRETTY_NAME="Debian GNU/Linux trixie/sid"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=trixie\nID=debian\n',
    '/etc/debian_version': 'trixie/sid\n',
  }),
  of('Debian 8', {
    '/etc/os-release':
      'PRETTY_NAME="Debian GNU/Linux 8 (jessie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="8"\nVERSION="8 (jessie)"\nID=debian\n',
    '/etc/debian_version': '8.11\n',
  }),
  of('Raspberry Pi', {
    '/etc/os-release':
      'PRETTY_NAME="Raspbian GNU/Linux 11 (bullseye)"\nNAME="Raspbian GNU/Linux"\nVERSION_ID="11"\nVERSION="11 (bullseye)"\nVERSION_CODENAME=bullseye\nID=raspbian\nID_LIKE=debian\n',
    '/etc/debian_version': '11.9\n',
  }),
  of('Ubuntu 22.04', {
    '/etc/os-release':
      'PRETTY_NAME="Ubuntu 22.04.4 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nVERSION="22.04.4 LTS (Jammy Jellyfish)"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=jammy\n',
    '/etc/lsb-release':
      'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION="Ubuntu 22.04.4 LTS"\n',
    '/etc/debian_version': 'bookworm/sid\n',
  }),
  of('Linux Mint', {
    '/etc/os-release':
      'NAME="Linux Mint"\nVERSION="21.3 (Virginia)"\nID=linuxmint\nID_LIKE="ubuntu debian"\nPRETTY_NAME="Linux Mint 21.3"\nVERSION_ID="21.3"\nVERSION_CODENAME=virginia\nUBUNTU_CODENAME=jammy\n',
    '/etc/lsb-release': 'DISTRIB_ID=LinuxMint\nDISTRIB_RELEASE=21.3\nDISTRIB_CODENAME=virginia\n',
  }),
  of('Kali', {
    '/etc/os-release':
      'PRETTY_NAME="Kali GNU/Linux Rolling"\nNAME="Kali GNU/Linux"\nVERSION_ID="2024.1"\nVERSION="2024.1"\nVERSION_CODENAME=kali-rolling\nID=kali\nID_LIKE=debian\n',
  }),
  of('Devuan', {
    '/etc/os-release':
      'PRETTY_NAME="Devuan GNU/Linux 5 (daedalus)"\nNAME="Devuan GNU/Linux"\nVERSION_ID="5"\nVERSION="5 (daedalus)"\nVERSION_CODENAME="daedalus"\nID=devuan\nID_LIKE=debian\n',
  }),
  of('Pop!_OS', {
    '/etc/os-release':
      'NAME="Pop!_OS"\nVERSION="22.04 LTS"\nID=pop\nID_LIKE="ubuntu debian"\nPRETTY_NAME="Pop!_OS 22.04 LTS"\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nUBUNTU_CODENAME=jammy\n',
  }),
  of('Deepin', {
    '/etc/os-release':
      'PRETTY_NAME="Deepin 23"\nNAME="Deepin"\nVERSION_ID="23"\nVERSION="23"\nVERSION_CODENAME="beige"\nID=Deepin\n',
  }),
  likeRedHat('Red Hat 8', 'Red Hat Enterprise Linux release 8.9 (Ootpa)', {
    NAME: 'Red Hat Enterprise Linux',
    VERSION: '8.9 (Ootpa)',
    ID: 'rhel',
    ID_LIKE: 'fedora',
    VERSION_ID: '8.9',
    PRETTY_NAME: 'Red Hat Enterprise Linux 8.9 (Ootpa)',
  }),
  likeRedHat(
    'CentOS 7',
    'CentOS Linux release 7.9.2009 (Core)',
    {
      NAME: 'CentOS Linux',
      VERSION: '7 (Core)',
      ID: 'centos',
      ID_LIKE: 'rhel fedora',
      VERSION_ID: '7',
      PRETTY_NAME: 'CentOS Linux 7 (Core)',
    },
    '/etc/centos-release',
  ),
  likeRedHat(
    'CentOS Stream 9',
    'CentOS Stream release 9',
    { NAME: 'CentOS Stream', VERSION: '9', ID: 'centos', ID_LIKE: 'rhel fedora', VERSION_ID: '9' },
    '/etc/centos-release',
  ),
  likeRedHat(
    'Rocky 9',
    'Rocky Linux release 9.3 (Blue Onyx)',
    { NAME: 'Rocky Linux', VERSION: '9.3 (Blue Onyx)', ID: 'rocky', ID_LIKE: 'rhel centos fedora', VERSION_ID: '9.3' },
    '/etc/rocky-release',
  ),
  likeRedHat(
    'AlmaLinux 8',
    'AlmaLinux release 8.10 (Cerulean Leopard)',
    {
      NAME: 'AlmaLinux',
      VERSION: '8.10 (Cerulean Leopard)',
      ID: 'almalinux',
      ID_LIKE: 'rhel centos fedora',
      VERSION_ID: '8.10',
    },
    '/etc/almalinux-release',
  ),
  likeRedHat('Oracle Linux 8', 'Red Hat Enterprise Linux release 8.9 (Ootpa)', {
    NAME: 'Oracle Linux Server',
    VERSION: '8.9',
    ID: 'ol',
    ID_LIKE: 'fedora',
    VERSION_ID: '8.9',
  }),
  of('Oracle Linux 9', {
    '/etc/os-release': 'NAME="Oracle Linux Server"\nVERSION="9.3"\nID="ol"\nID_LIKE="fedora"\nVERSION_ID="9.3"\n',
    '/etc/oracle-release': 'Oracle Linux Server release 9.3\n',
    '/etc/redhat-release': 'Red Hat Enterprise Linux release 9.3 (Plow)\n',
  }),
  likeRedHat(
    'Fedora 39',
    'Fedora release 39 (Thirty Nine)',
    { NAME: 'Fedora Linux', VERSION: '39 (Server Edition)', ID: 'fedora', VERSION_ID: '39', VERSION_CODENAME: '' },
    '/etc/fedora-release',
  ),
  of('CentOS 6', {
    '/etc/centos-release': 'CentOS release 6.10 (Final)\n',
    '/etc/redhat-release': 'CentOS release 6.10 (Final)\n',
    '/etc/system-release': 'CentOS release 6.10 (Final)\n',
  }),
  of('Amazon 2', {
    '/etc/os-release':
      'NAME="Amazon Linux"\nVERSION="2"\nID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\nPRETTY_NAME="Amazon Linux 2"\n',
    '/etc/system-release': 'Amazon Linux release 2 (Karoo)\n',
  }),
  of('Amazon 2023', {
    '/etc/os-release':
      'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\nPRETTY_NAME="Amazon Linux 2023"\n',
    '/etc/system-release': 'Amazon Linux release 2023 (Amazon Linux)\n',
  }),
  of('openSUSE Leap', {
    '/etc/os-release':
      'NAME="openSUSE Leap"\nVERSION="15.5"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.5"\nPRETTY_NAME="openSUSE Leap 15.5"\n',
  }),
  of('openSUSE Tumbleweed', {
    '/etc/os-release':
      'NAME="openSUSE Tumbleweed"\n# VERSION="20240301"\nID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\nVERSION_ID="20240301"\nPRETTY_NAME="openSUSE Tumbleweed"\n',
  }),
  of('SLES 15', {
    '/etc/os-release':
      'NAME="SLES"\nVERSION="15-SP5"\nVERSION_ID="15.5"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP5"\nID="sles"\nID_LIKE="suse"\n',
  }),
  of('SLES for SAP', {
    '/etc/os-release':
      'NAME="SLES"\nVERSION="15"\nVERSION_ID="15"\nPRETTY_NAME="SUSE Linux Enterprise Server 15"\nID="sles"\nID_LIKE="suse"\nVARIANT_ID="sles-sap"\n',
  }),
  of('Alpine', {
    '/etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n',
    '/etc/alpine-release': '3.19.1\n',
  }),
  of('Arch', {
    '/etc/os-release': 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n',
    '/etc/arch-release': '',
  }),
  of('Manjaro', { '/etc/os-release': 'NAME="Manjaro Linux"\nID=manjaro\nID_LIKE=arch\nPRETTY_NAME="Manjaro Linux"\n' }),
  of('Gentoo', {
    '/etc/os-release': 'NAME=Gentoo\nID=gentoo\nPRETTY_NAME="Gentoo Linux"\nVERSION_ID=\'2.14\'\n',
    '/etc/gentoo-release': 'Gentoo Base System release 2.14\n',
  }),
  of('Void', { '/etc/os-release': 'NAME="Void"\nID="void"\nPRETTY_NAME="Void Linux"\n' }),
  of('OpenWrt', {
    '/etc/os-release': 'NAME="OpenWrt"\nVERSION="23.05.2"\nID="openwrt"\nVERSION_ID="23.05.2"\n',
    '/etc/openwrt_release': 'DISTRIB_ID=\'OpenWrt\'\nDISTRIB_RELEASE="23.05.2"\nDISTRIB_CODENAME="r23630"\n',
  }),
  of('Flatcar', {
    '/etc/os-release': 'NAME="Flatcar Container Linux by Kinvolk"\nID=flatcar\nVERSION=3815.2.0\nVERSION_ID=3815.2.0\n',
  }),
  of('NixOS', {
    '/etc/os-release': 'NAME=NixOS\nID=nixos\nVERSION="23.11 (Tapir)"\nVERSION_CODENAME=tapir\nVERSION_ID="23.11"\n',
  }),
  of('one without a release file', {}),
]
