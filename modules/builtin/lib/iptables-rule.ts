import { type ScalarValue, scalarText } from './scalar-argument.ts'

/** The words of a rule, under Ansible's names. */
export type RuleWords = { [K in (typeof oneWord)[number]]?: ScalarValue } & {
  [K in (typeof words)[number]]?: string[]
} & {
  tcp_flags?: { flags?: string[]; flags_set?: string[] }
  syn?: 'ignore' | 'match' | 'negate'
  ip_version: 'ipv4' | 'ipv6' | 'both'
}

export const oneWord = [
  'protocol',
  'source',
  'destination',
  'jump',
  'gateway',
  'log_prefix',
  'log_level',
  'to_destination',
  'to_source',
  'goto',
  'in_interface',
  'out_interface',
  'fragment',
  'set_counters',
  'source_port',
  'destination_port',
  'to_ports',
  'set_dscp_mark',
  'set_dscp_mark_class',
  'comment',
  'src_range',
  'dst_range',
  'match_set',
  'match_set_flags',
  'limit',
  'limit_burst',
  'uid_owner',
  'gid_owner',
  'reject_with',
  'icmp_type',
] as const
export const words = ['match', 'destination_ports', 'ctstate'] as const

type OneWord = (typeof oneWord)[number]

const textOf = (rule: RuleWords, name: OneWord): string => (rule[name] === undefined ? '' : scalarText(rule[name]))
const word = (flag: string, value: string): string[] => {
  if (value === '') return []
  return value.startsWith('!') ? ['!', flag, value.slice(1)] : [flag, value]
}

/** The words that are an option and its value each, as they stand between those that are more. */
const options = (rule: RuleWords, flags: Partial<Record<OneWord, string>>): string[] =>
  Object.entries(flags).flatMap(([name, flag]) => word(flag, textOf(rule, name as OneWord)))

/** A module of matches that one of these needs, unless it is asked for. */
const needed = (rule: RuleWords, name: string, names: OneWord[]): string[] =>
  names.some(one => textOf(rule, one) !== '') && !(name !== 'limit' && name !== 'owner' && rule.match?.includes(name))
    ? ['-m', name]
    : []

const stateWords = ({ match = [], ctstate = [] }: RuleWords): string[] => {
  if (ctstate.length === 0) return []
  const states = ctstate.join(',')
  if (match.includes('conntrack')) return ['--ctstate', states]
  return match.includes('state') ? ['--state', states] : ['-m', 'conntrack', '--ctstate', states]
}

/** A mark of the class of service has a target of its own. */
const marked = (rule: RuleWords, name: 'set_dscp_mark' | 'set_dscp_mark_class', flag: string): string[] => [
  ...options(rule, { [name]: flag }),
  ...(textOf(rule, name) !== '' && textOf(rule, 'jump').toLowerCase() !== 'dscp' ? ['-j', 'DSCP'] : []),
]

/**
 * A rule as words of iptables, in the order in which Ansible gives them: where two are the same, `-C` finds the rule. A word that begins with `!` is
 * turned round.
 */
export const ruleWords = (rule: RuleWords): string[] => {
  const { match = [], destination_ports: ports = [], tcp_flags: tcp, syn = 'ignore' } = rule
  const flags = textOf(rule, 'match_set_flags')
  return [
    ...options(rule, { protocol: '-p', source: '-s', destination: '-d' }),
    ...match.flatMap(one => word('-m', one)),
    ...(tcp?.flags && tcp.flags_set ? ['--tcp-flags', tcp.flags.join(','), tcp.flags_set.join(',')] : []),
    ...options(rule, { jump: '-j' }),
    ...(textOf(rule, 'jump').toLowerCase() === 'tee' ? options(rule, { gateway: '--gateway' }) : []),
    ...options(rule, { log_prefix: '--log-prefix', log_level: '--log-level', to_destination: '--to-destination' }),
    ...(ports.length > 0 ? ['-m', 'multiport', '--dports', ports.join(',')] : []),
    ...options(rule, { to_source: '--to-source', goto: '-g', in_interface: '-i', out_interface: '-o' }),
    ...options(rule, { fragment: '-f', set_counters: '-c', source_port: '--source-port' }),
    ...options(rule, { destination_port: '--destination-port', to_ports: '--to-ports' }),
    ...marked(rule, 'set_dscp_mark', '--set-dscp'),
    ...marked(rule, 'set_dscp_mark_class', '--set-dscp-class'),
    ...(syn === 'ignore' ? [] : syn === 'match' ? ['--syn'] : ['!', '--syn']),
    ...stateWords(rule),
    ...needed(rule, 'iprange', ['src_range', 'dst_range']),
    ...options(rule, { src_range: '--src-range', dst_range: '--dst-range' }),
    ...needed(rule, 'set', ['match_set']),
    ...options(rule, { match_set: '--match-set' }),
    ...(textOf(rule, 'match_set') !== '' && flags !== '' ? [flags] : []),
    ...needed(rule, 'limit', ['limit', 'limit_burst']),
    ...options(rule, { limit: '--limit', limit_burst: '--limit-burst' }),
    ...needed(rule, 'owner', ['uid_owner']),
    ...options(rule, { uid_owner: '--uid-owner' }),
    ...needed(rule, 'owner', ['gid_owner']),
    ...options(rule, { gid_owner: '--gid-owner' }),
    ...(textOf(rule, 'jump') === '' && textOf(rule, 'reject_with') !== '' ? ['-j', 'REJECT'] : []),
    ...options(rule, { reject_with: '--reject-with' }),
    ...options(rule, { icmp_type: rule.ip_version === 'ipv6' ? '--icmpv6-type' : '--icmp-type' }),
    ...(textOf(rule, 'comment') === '' ? [] : ['-m', 'comment']),
    ...options(rule, { comment: '--comment' }),
  ]
}
