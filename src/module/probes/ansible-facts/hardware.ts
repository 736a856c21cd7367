import { architectureOf, unameIn, unameSection } from './platform.ts'
import {
  type FactValues,
  linesOf,
  numberIn,
  type Printed,
  readLine,
  type Section,
  type Subset,
  valuesIn,
  wordsOf,
} from './section.ts'

export const cpuinfoSection: Section = { name: 'cpuinfo', sh: 'cat /proc/cpuinfo' }
const processorSection: Section = {
  name: 'processor',
  sh: `${readLine}
[ -e /proc/xen ] && echo hypervisor=xen || r hypervisor /sys/hypervisor/type
echo "usable=$(nproc)"`,
}

/** Counted while the lines of /proc/cpuinfo go by. */
type Counted = {
  names: string[]
  flags: string[]
  vendors: number
  models: number
  processors: number
  count: number
  /** By the number of the package, how many cores it has; by that of the core, how many threads. */
  sockets: Map<string, number>
  cores: Map<string, number>
}

const countLine = (counted: Counted, key: string, value: string, at: { socket: string; core: string }): void => {
  const { sockets, cores } = counted
  const number = numberIn(value) ?? 0
  if (key === 'flags') counted.flags = wordsOf(value)
  if (['model name', 'Processor', 'vendor_id', 'cpu', 'Vendor', 'processor'].includes(key)) {
    counted.names.push(value)
    counted.vendors += key === 'vendor_id' ? 1 : 0
    counted.models += key === 'model name' ? 1 : 0
    counted.processors += key === 'processor' ? 1 : 0
    counted.count += 1
  } else if (key === 'physical id') {
    at.socket = value
    if (!sockets.has(value)) sockets.set(value, 1)
  } else if (key === 'core id') {
    at.core = value
    if (!sockets.has(value)) cores.set(value, 1)
  } else if (key === 'cpu cores') sockets.set(at.socket, number)
  else if (key === 'siblings') cores.set(at.core, number)
  else if (key === 'ncpus active') counted.count = number
}

const countProcessors = (cpuinfo: string): Counted => {
  const counted: Counted = {
    names: [],
    flags: [],
    vendors: 0,
    models: 0,
    processors: 0,
    count: 0,
    sockets: new Map(),
    cores: new Map(),
  }
  const at = { socket: '0', core: '0' }
  for (const line of linesOf(cpuinfo)) {
    const [key = '', ...value] = line.split(':')
    countLine(counted, key.trim(), value.join(':').trim(), at)
  }
  return counted
}

/** Half goes to the even number, as Python rounds. */
const rounded = (number: number): number => {
  const below = Math.floor(number)
  return number - below === 0.5 ? below + (below % 2) : Math.round(number)
}

/** What no machine has more of. */
const MOST_PROCESSORS = 1e6

/** S/390 says in a few lines of its own how many there are. */
const mainframeNumbers = (cpuinfo: string): FactValues => {
  const of = (key: string): number => numberIn(new RegExp(`^${key}\\s*:(.*)$`, 'm').exec(cpuinfo)?.[1]) ?? 0
  const all = of('# processors')
  const threads = of('max thread id') + 1
  return {
    processor_count: 1,
    processor_cores: rounded(all / threads),
    processor_threads_per_core: threads,
    processor_vcpus: all,
  }
}

const numbersOf = (counted: Counted, machine: string, isParavirtual: boolean): FactValues => {
  const count = /^(armv|aarch|ppc)/.test(machine)
    ? counted.processors
    : counted.vendors > 0 && counted.vendors === counted.models
      ? counted.vendors
      : counted.count
  if (isParavirtual)
    return { processor_count: count, processor_cores: count, processor_threads_per_core: 1, processor_vcpus: count }
  const sockets = counted.sockets.size || count
  const cores = [...counted.sockets.values()][0] || 1
  const threads = rounded(([...counted.cores.values()][0] ?? 1) / cores)
  return {
    processor_count: sockets,
    processor_cores: cores,
    processor_threads_per_core: threads,
    processor_vcpus: threads * sockets * cores,
  }
}

export const processors: Subset = {
  facts:
    'processor processor_count processor_cores processor_threads_per_core processor_vcpus processor_nproc flags'.split(
      ' ',
    ),
  sections: [unameSection, cpuinfoSection, processorSection],
  make: printed => {
    const cpuinfo = printed(cpuinfoSection)
    if (cpuinfo === '') return {}
    const machine = architectureOf(unameIn(printed(unameSection)).machine)
    const more = valuesIn(printed(processorSection))
    const counted = countProcessors(cpuinfo)
    const isParavirtual = more.get('hypervisor') === 'xen' && counted.flags.length > 0 && !counted.flags.includes('vme')
    const usable = numberIn(more.get('usable'))
    const isNumber = usable !== undefined && usable > 0 && usable <= MOST_PROCESSORS
    return {
      processor: counted.names,
      ...(counted.flags.length > 0 ? { flags: counted.flags } : {}),
      ...(machine === 's390x' ? mainframeNumbers(cpuinfo) : numbersOf(counted, machine, isParavirtual)),
      processor_nproc: isNumber ? usable : counted.processors,
    }
  },
}

const meminfoSection: Section = { name: 'meminfo', sh: 'cat /proc/meminfo' }

export const memory: Subset = {
  facts: ['memtotal_mb', 'memfree_mb', 'swaptotal_mb', 'swapfree_mb', 'memory_mb'],
  sections: [meminfoSection],
  make: printed => {
    const text = printed(meminfoSection)
    if (text === '') return {}
    const of = (key: string): number | null => {
      const kilobytes = numberIn(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(text)?.[1])
      return kilobytes === undefined ? null : Math.floor(kilobytes / 1024)
    }
    const less = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b)
    const [total, free, cached, buffers] = [of('MemTotal'), of('MemFree'), of('Cached'), of('Buffers')]
    const [swap, swapFree] = [of('SwapTotal'), of('SwapFree')]
    const uncached = cached === null || free === null || buffers === null ? null : cached + free + buffers
    const top: [string, number | null][] = [
      ['memtotal_mb', total],
      ['memfree_mb', free],
      ['swaptotal_mb', swap],
      ['swapfree_mb', swapFree],
    ]
    return {
      ...Object.fromEntries(top.filter(([, value]) => value !== null)),
      memory_mb: {
        real: { total, used: less(total, free), free },
        nocache: { free: uncached, used: less(total, uncached) },
        swap: { total: swap, free: swapFree, used: less(swap, swapFree), cached: of('SwapCached') },
      },
    }
  },
}

const boardFiles: Record<string, string> = {
  bios_date: 'bios_date',
  bios_vendor: 'bios_vendor',
  bios_version: 'bios_version',
  board_asset_tag: 'board_asset_tag',
  board_name: 'board_name',
  board_serial: 'board_serial',
  board_vendor: 'board_vendor',
  board_version: 'board_version',
  chassis_asset_tag: 'chassis_asset_tag',
  chassis_serial: 'chassis_serial',
  chassis_vendor: 'chassis_vendor',
  chassis_version: 'chassis_version',
  form_factor: 'chassis_type',
  product_name: 'product_name',
  product_serial: 'product_serial',
  product_uuid: 'product_uuid',
  product_version: 'product_version',
  system_vendor: 'sys_vendor',
}

/** By its number, as the SMBIOS specification calls the kinds of a chassis. */
const chassisTypes =
  'Unknown,Other,Unknown,Desktop,Low Profile Desktop,Pizza Box,Mini Tower,Tower,Portable,Laptop,Notebook,Hand Held,Docking Station,All In One,Sub Notebook,Space-saving,Lunch Box,Main Server Chassis,Expansion Chassis,Sub Chassis,Bus Expansion Chassis,Peripheral Chassis,RAID Chassis,Rack Mount Chassis,Sealed-case PC,Multi-system,CompactPCI,AdvancedTCA,Blade,Blade Enclosure,Tablet,Convertible,Detachable,IoT Gateway,Embedded PC,Mini PC,Stick PC'.split(
    ',',
  )

/** What the board says of itself; `product_family` is asked for what tells virtual machines apart. */
export const boardSection: Section = {
  name: 'board',
  sh: `${readLine}
for f in ${[...Object.values(boardFiles), 'product_family'].join(' ')}; do r $f /sys/devices/virtual/dmi/id/$f; done
[ -r /proc/sysinfo ] && cat /proc/sysinfo; :`,
}

const formFactor = (number: string): string =>
  chassisTypes[numberIn(number) ?? chassisTypes.length] ?? `unknown (${number})`

const mainframeBoard = (text: string): FactValues => {
  const of = (key: string): string => new RegExp(`^${key}:\\s+(.+)$`, 'm').exec(text)?.[1] ?? 'NA'
  if (!/^Manufacturer:/m.test(text)) return {}
  return {
    system_vendor: of('Manufacturer'),
    product_name: of('Type'),
    product_serial: /^Sequence Code:\s+0+(.+)$/m.exec(text)?.[1] ?? 'NA',
    product_version: 'NA',
    product_uuid: 'NA',
  }
}

export const board: Subset = {
  facts: Object.keys(boardFiles),
  sections: [boardSection],
  make: (printed: Printed) => {
    const text = printed(boardSection)
    const values = valuesIn(text)
    const facts = Object.entries(boardFiles).map(([fact, file]) => {
      const value = values.get(file) ?? 'NA'
      return [fact, fact === 'form_factor' && value !== 'NA' ? formFactor(value) : value]
    })
    return { ...Object.fromEntries(facts), ...mainframeBoard(text) }
  },
}
