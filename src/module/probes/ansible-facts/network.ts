import {
  administratorsPath,
  type FactValues,
  linesOf,
  namedValues,
  numberIn,
  readLine,
  type Section,
  type Subset,
  valuesIn,
  wordsOf,
} from './section.ts'

const kinds: Record<string, string> = {
  '1': 'ether',
  '32': 'infiniband',
  '512': 'ppp',
  '772': 'loopback',
  '65534': 'tunnel',
}

/** Where what goes out into the world goes out: addresses that are known to everyone, and are not spoken to. */
const outside = { v4: '8.8.8.8', v6: '2404:6800:400a:800::1012' }

/** Three processes, however many interfaces; what /sys says of each is read by the shell. */
const linksSection: Section = {
  name: 'links',
  sh: `${administratorsPath}; ${readLine}
for d in /sys/class/net/*; do [ -d "$d" ] || continue
echo "device=\${d##*/}"
for f in address mtu operstate type speed flags; do r $f "$d/$f"; done
m=$(cd -P "$d/device/driver/module" 2>/dev/null && pwd -P) && echo "module=\${m##*/}"
m=$(cd -P "$d/device" 2>/dev/null && pwd -P) && echo "pciid=\${m##*/}"
if [ -d "$d/bridge" ]; then echo bridge=yes; r bridge_id "$d/bridge/bridge_id"; r stp "$d/bridge/stp_state"
for b in "$d"/brif/*; do [ -e "$b" ] && echo "port=\${b##*/}"; done; fi
if [ -d "$d/bonding" ]; then echo bonding=yes
for f in slaves mode miimon lacp_rate primary all_slaves_active; do r "bond_$f" "$d/bonding/$f"; done; fi
[ -d "$d/bonding_slave" ] && echo slave=yes && r perm_hwaddr "$d/bonding_slave/perm_hwaddr"; done; :`,
}
const addressesSection: Section = { name: 'ip-addresses', sh: `${administratorsPath}; ip addr show && echo answered` }
const routesSection: Section = {
  name: 'routes',
  sh: `${administratorsPath}; ip -4 route get ${outside.v4}; ip -6 route get ${outside.v6}; :`,
}

type Link = { [name: string]: FactValues[string] }

const bondOf = (values: Map<string, string>): Link => {
  const word = (key: string): string => wordsOf(values.get(`bond_${key}`) ?? '')[0] ?? ''
  const primary = values.get('bond_primary')
  return {
    type: 'bonding',
    slaves: wordsOf(values.get('bond_slaves') ?? ''),
    mode: word('mode'),
    miimon: word('miimon'),
    lacp_rate: word('lacp_rate'),
    ...(primary ? { primary, all_slaves_active: values.get('bond_all_slaves_active') === '1' } : {}),
  }
}

/** What /sys says of one interface, under Ansible's names. */
const linkOf = (lines: string[]): Link => {
  const values = valuesIn(lines.join('\n'))
  const address = values.get('address')
  const kind = values.get('type')
  const [mtu, speed, flags] = [values.get('mtu'), values.get('speed'), values.get('flags')]
  const number = (name: string, text: string | undefined): Link => {
    const value = numberIn(text)
    return value === undefined ? {} : { [name]: value }
  }
  const bridgeId = values.get('bridge_id')
  const stp = values.get('stp')
  const ports = lines.flatMap(line => (line.startsWith('port=') ? line.slice(5) : []))
  const state = values.get('operstate')
  const module = values.get('module')
  const pciid = values.get('pciid')
  return {
    device: values.get('device') ?? '',
    ...(address && address !== '00:00:00:00:00:00' ? { macaddress: address } : {}),
    ...number('mtu', mtu),
    ...(state === undefined ? {} : { active: state !== 'down' }),
    ...(module === undefined ? {} : { module }),
    ...(kind === undefined ? {} : { type: kinds[kind] ?? 'unknown' }),
    ...(values.has('bridge') ? { type: 'bridge', interfaces: ports } : {}),
    ...(bridgeId === undefined ? {} : { id: bridgeId }),
    ...(stp === undefined ? {} : { stp: stp === '1' }),
    ...(values.has('bonding') ? bondOf(values) : {}),
    ...(values.has('slave') ? { perm_macaddress: values.get('perm_hwaddr') ?? '' } : {}),
    ...(pciid === undefined ? {} : { pciid }),
    ...number('speed', speed),
    ...(flags === undefined ? {} : { promisc: (Number(flags) & 0x100) > 0 }),
  }
}

/** Interfaces by their names, with the hardware address that each has, be it all zeros. */
const linksIn = (text: string): { links: Map<string, Link>; hardware: Map<string, string> } => {
  const links = new Map<string, Link>()
  const hardware = new Map<string, string>()
  let lines: string[] = []
  const end = (): void => {
    if (lines.length === 0) return
    const link = linkOf(lines)
    links.set(link.device as string, link)
    hardware.set(link.device as string, valuesIn(lines.join('\n')).get('address') ?? '')
  }
  for (const line of linesOf(text)) {
    if (line.startsWith('device=')) {
      end()
      lines = []
    }
    lines.push(line)
  }
  end()
  return { links, hardware }
}

const numberOf = (address: string): number | undefined => {
  const parts = address.split('.').map(part => numberIn(part))
  if (parts.length !== 4 || parts.some(part => part === undefined || part < 0 || part > 255)) return undefined
  return parts.reduce<number>((all, part) => all * 256 + part!, 0)
}
const dotted = (number: number): string => [24, 16, 8, 0].map(bits => Math.floor(number / 2 ** bits) % 256).join('.')

type Address = { address: string; broadcast: string; netmask: string; network: string; prefix: string }

/** `inet 10.0.0.2/24 brd 10.0.0.255 scope global eth0`: without a prefix it is a point-to-point address. */
const addressOf = (words: string[]): Address | undefined => {
  const [address = '', prefix = '32'] = words[1]!.split('/')
  const number = numberOf(address)
  const bits = numberIn(prefix)
  if (number === undefined || bits === undefined || bits < 0 || bits > 32) return undefined
  const mask = 2 ** 32 - 2 ** (32 - bits)
  return {
    address,
    broadcast: words[1]!.includes('/') && words[2] === 'brd' ? words[3]! : '',
    netmask: dotted(mask),
    network: dotted(number - (number % 2 ** (32 - bits))),
    prefix,
  }
}

/** `8.8.8.8 via 10.0.0.1 dev eth0 src 10.0.0.2`: the way out, by the words before its parts. */
const routeIn = (text: string, to: string): Record<string, string> => {
  const words = wordsOf(linesOf(text).find(line => wordsOf(line)[0] === to) ?? '')
  const after = (word: string): string | undefined => words[words.indexOf(word) + 1]
  const said = (key: string, word: string): Record<string, string> =>
    words.includes(word) && after(word) !== undefined && after(word) !== to ? { [key]: after(word)! } : {}
  return { ...said('gateway', 'via'), ...said('interface', 'dev'), ...said('address', 'src') }
}

type Route = Record<string, FactValues[string]>
type Gathered = {
  links: Map<string, Link>
  hardware: Map<string, string>
  v4: Route
  v6: Route
  all4: string[]
  all6: string[]
}

const addTo = (link: Link, list: string, one: Address | Record<string, string>): void => {
  const there = link[list]
  if (Array.isArray(there)) there.push(one)
  else link[list] = [one]
}

const addInet = (into: Gathered, device: string, words: string[]): void => {
  const { links, hardware, v4 } = into
  const found = addressOf(words)
  if (found === undefined) return
  const label = words.at(-1)!
  const isSecondary = words.includes('secondary')
  if (label !== device && !links.has(label)) links.set(label, {})
  const own = links.get(label)!
  if (!isSecondary && !('ipv4' in own)) own.ipv4 = found
  else addTo(own, 'ipv4_secondaries', found)
  const main = links.get(device)!
  if (isSecondary && device !== label) addTo(main, 'ipv4_secondaries', found)
  if (v4.address === found.address) {
    const { address: _, ...rest } = found
    const { mtu = null, type = 'unknown' } = main
    Object.assign(v4, rest, { macaddress: hardware.get(device) ?? '', mtu, type, alias: label })
  }
  if (!found.address.startsWith('127.')) into.all4.push(found.address)
}

const addInet6 = (into: Gathered, device: string, words: string[]): void => {
  const { links, hardware, v6 } = into
  const isPeer = words[2] === 'peer'
  const [address = '', own = ''] = words[1]!.split('/')
  const prefix = isPeer ? ((words[3] ?? '').split('/')[1] ?? '') : own
  const scope = (isPeer ? words[5] : words[3]) ?? ''
  const main = links.get(device)!
  addTo(main, 'ipv6', { address, prefix, scope })
  if (v6.address === address) {
    const { mtu = null, type = 'unknown' } = main
    Object.assign(v6, { prefix, scope, macaddress: hardware.get(device) ?? '', mtu, type })
  }
  if (address !== '::1') into.all6.push(address)
}

/** Addresses of one interface after another; those that stand behind the first of their network come last. */
const addAddresses = (into: Gathered, text: string): void => {
  const byDevice = new Map<string, string[][]>()
  let lines: string[][] = []
  for (const line of linesOf(text)) {
    const device = /^\d+: ([^:@\s]+)/.exec(line)?.[1]
    if (device !== undefined) {
      lines = []
      byDevice.set(device, lines)
    } else lines.push(wordsOf(line))
  }
  for (const device of into.links.keys()) {
    const own = byDevice.get(device) ?? []
    const isLater = (words: string[]): boolean => words.includes('secondary') || words.includes('temporary')
    for (const words of [...own.filter(one => !isLater(one)), ...own.filter(isLater)]) {
      if (words.length > 1 && words[0] === 'inet') addInet(into, device, words)
      if (words.length > 1 && words[0] === 'inet6') addInet6(into, device, words)
    }
  }
}

export const network: Subset = {
  facts: ['interfaces', 'default_ipv4', 'default_ipv6', 'all_ipv4_addresses', 'all_ipv6_addresses'],
  open: true,
  sections: [linksSection, addressesSection, routesSection],
  make: printed => {
    const addresses = printed(addressesSection)
    // Without `ip` nothing is told of networks at all.
    if (!addresses.includes('answered')) return {}
    const routes = printed(routesSection)
    const { links, hardware } = linksIn(printed(linksSection))
    const [v4, v6]: Route[] = [routeIn(routes, outside.v4), routeIn(routes, outside.v6)]
    const gathered: Gathered = { links, hardware, v4: v4!, v6: v6!, all4: [], all6: [] }
    addAddresses(gathered, addresses)
    const named = [...links].map(([name, link]) => [name.replaceAll(':', '_'), link] as const)
    return {
      // The name in variables has no hyphens, the one in the list has.
      ...namedValues(named.map(([name, link]) => [name.replaceAll('-', '_'), link])),
      interfaces: named.map(([name]) => name),
      default_ipv4: gathered.v4,
      default_ipv6: gathered.v6,
      all_ipv4_addresses: gathered.all4,
      all_ipv6_addresses: gathered.all6,
    }
  },
}

const localRoutesSection: Section = {
  name: 'local-routes',
  sh: `${administratorsPath}; ip -4 route show table local; ip -6 route show table local; :`,
}

export const localRoutes: Subset = {
  facts: ['locally_reachable_ips'],
  sections: [localRoutesSection],
  make: printed => {
    const words = linesOf(printed(localRoutesSection)).map(wordsOf)
    const own = new Set(words.flatMap(([kind, address]) => (kind === 'local' && address ? address : [])))
    const all = [...own]
    return {
      locally_reachable_ips: {
        ipv4: all.filter(one => !one.includes(':')),
        ipv6: all.filter(one => one.includes(':')),
      },
    }
  },
}
