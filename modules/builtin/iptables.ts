import { defineModule, exec, quoted, type Static, sha256, T } from '../../src/module/module.ts'
import { type oneWord, ruleWords, type words } from './lib/iptables-rule.ts'
import type { Obstacle } from './lib/paths.ts'
import { scalarArgument, scalarText } from './lib/scalar-argument.ts'
import { toldState } from './lib/told-state.ts'

const meanings: Record<(typeof oneWord)[number], string> = {
  protocol: 'tcp, udp, icmp, …; `!` in front of it, and of any other word here, turns it round.',
  source: 'Where it comes from: an address, or a network as ADDRESS/BITS.',
  destination: 'Where it goes.',
  jump: 'What becomes of it: ACCEPT, DROP, REJECT, LOG, …, or a chain.',
  gateway: 'With jump TEE: where a copy goes.',
  log_prefix: 'What a line of the log begins with; jump is LOG then.',
  log_level: 'The level of the line: a number, or debug to emerg.',
  to_destination: 'With jump DNAT: the new destination.',
  to_source: 'With jump SNAT: the new source.',
  goto: 'A chain that it goes on in, without a way back.',
  in_interface: 'The interface that it comes in by.',
  out_interface: 'The interface that it goes out by.',
  fragment: 'Further parts of a packet.',
  set_counters: 'What the counters of the rule begin with.',
  source_port: 'A port, or FIRST:LAST.',
  destination_port: 'A port, or FIRST:LAST.',
  to_ports: 'With jump REDIRECT: the port.',
  set_dscp_mark: 'A mark of its class of service, as a number.',
  set_dscp_mark_class: 'The same as a name.',
  comment: 'What the rule is for.',
  src_range: 'FIRST-LAST of addresses that it comes from.',
  dst_range: 'FIRST-LAST of addresses that it goes to.',
  match_set: 'A set of addresses.',
  match_set_flags: 'src, dst, or two of them: what of it is in the set.',
  limit: 'How often the rule counts: 3/second.',
  limit_burst: 'How often at once.',
  uid_owner: 'The user whose program sends it.',
  gid_owner: 'The group whose program sends it.',
  reject_with: 'With jump REJECT, which it stands for: what is answered.',
  icmp_type: 'A type of ICMP, by number or name.',
}
const lists: Record<(typeof words)[number], string> = {
  match: 'Modules of matches: conntrack, iprange, …',
  destination_ports: 'Several ports: the module multiport is asked for.',
  ctstate: 'States of its connection: NEW, ESTABLISHED, RELATED, …',
}
const list = (description: string) =>
  T.Optional(T.Unsafe<string[]>({ type: 'array', items: { type: ['string', 'integer'] }, description }))
const flags = (description: string) => T.Optional(T.Array(T.String(), { description }))
const optional = <N extends string, S>(names: Record<N, string>, make: (description: string) => S): Record<N, S> =>
  Object.fromEntries(Object.entries(names).map(([name, description]) => [name, make(description as string)])) as Record<
    N,
    S
  >

const args = T.Object(
  {
    chain: T.Optional(
      T.String({ pattern: '^[^-!\\s]\\S*$', description: 'The chain: INPUT, OUTPUT, FORWARD, or another one.' }),
    ),
    table: T.Enum(['filter', 'nat', 'mangle', 'raw', 'security'], { default: 'filter', description: 'The table.' }),
    state: T.Enum(['present', 'absent'], {
      default: 'present',
      description: 'Whether the rule, or the chain, is there.',
    }),
    action: T.Enum(['append', 'insert'], {
      default: 'append',
      description: 'Whether a new rule comes last, or first (or before the one with the number `rule_num`).',
    }),
    rule_num: T.Optional(scalarArgument('With action insert: its number.')),
    ip_version: T.Enum(['ipv4', 'ipv6', 'both'], { default: 'ipv4', description: 'iptables, ip6tables, or both.' }),
    policy: T.Optional(
      T.Enum(['ACCEPT', 'DROP', 'QUEUE', 'RETURN'], {
        description: 'In place of a rule: what the chain does at its end.',
      }),
    ),
    flush: T.Boolean({ default: false, description: 'In place of a rule: all rules go, in every run.' }),
    chain_management: T.Boolean({
      default: false,
      description: 'Without words of a rule: the chain is made, or goes. Else nothing is done then.',
    }),
    wait: T.Optional(scalarArgument('How many seconds another iptables is waited for.')),
    numeric: T.Boolean({ default: false, description: 'Without a meaning: no names of addresses are ever asked for.' }),
    syn: T.Enum(['ignore', 'match', 'negate'], { default: 'ignore', description: 'Whether it begins a connection.' }),
    tcp_flags: T.Optional(
      T.Object(
        { flags: flags('Flags that are looked at.'), flags_set: flags('Those of them that are set.') },
        { additionalProperties: false, description: 'Flags of TCP.' },
      ),
    ),
    ...optional(meanings, description => T.Optional(scalarArgument(description))),
    ...optional(lists, list),
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

/** The rule; what is to be logged goes to LOG. */
const ruleOf = (args: Wanted): string[] => {
  const logs = args.log_prefix !== undefined || args.log_level !== undefined
  return ruleWords(logs && args.jump === undefined ? { ...args, jump: 'LOG' } : args)
}

const contradiction = (args: Wanted): Obstacle | undefined => {
  const { flush, chain, policy, jump, log_prefix, log_level, ip_version, icmp_type } = args
  if (!flush && chain === undefined) return { why: 'chain is not given', fix: 'say which chain' }
  if (flush && policy !== undefined) return { why: 'both flush and policy are given', fix: 'make them two tasks' }
  if ((log_prefix ?? log_level) !== undefined && jump !== undefined && jump !== 'LOG')
    return {
      why: `log_prefix and log_level are for jump LOG, not ${jump}`,
      fix: 'make it a rule of its own, before this one',
    }
  if (ip_version === 'both' && icmp_type !== undefined)
    return { why: 'a type of ICMP is of one version of IP', fix: 'make two tasks, one with ip_version: ipv6' }
  if (args.set_dscp_mark !== undefined && args.set_dscp_mark_class !== undefined)
    return { why: 'both set_dscp_mark and set_dscp_mark_class are given', fix: 'leave one of them out' }
  return undefined
}

const tools = { ipv4: ['iptables'], ipv6: ['ip6tables'], both: ['iptables', 'ip6tables'] }

/** The words of a command that does something to the chain. */
const command = (tool: string, args: Wanted, action: string, behind: string[]): string[] => [
  tool,
  '-t',
  args.table,
  action,
  ...(args.chain === undefined ? [] : [args.chain]),
  ...(action === '-I' && args.rule_num !== undefined ? [scalarText(args.rule_num)] : []),
  ...(args.wait === undefined ? [] : ['-w', scalarText(args.wait)]),
  ...behind,
]

/** What is asked for: a policy, whether a rule is there, or a chain. By the words of the command, which tell it from all others. */
const look = (tool: string, args: Wanted) => {
  const rule = ruleOf(args)
  const isRule = args.policy === undefined && rule.length > 0
  const asks = quoted(isRule ? command(tool, args, '-C', rule) : command(tool, args, '-S', []))
  const says =
    args.policy === undefined
      ? `if ${asks} >/dev/null 2>&1; then echo there; else echo absent; fi`
      : `${asks} 2>/dev/null | sed -n '1s/^-P [^ ]* //p'`
  const name = isRule ? sha256(asks) : `${args.table}.${args.chain}${args.policy === undefined ? '' : '.policy'}`
  return toldState(
    `live:iptables/${tool}/${name}`,
    `if command -v ${tool} >/dev/null; then ${says}; else echo missing; fi`,
  )
}

/** What is to be told, and what makes it so where it is told otherwise. */
const wantedOf = (args: Wanted): { text: string; action: string; behind: string[] } | undefined => {
  const isThere = args.state === 'present'
  if (args.policy !== undefined) return { text: args.policy, action: '-P', behind: [args.policy] }
  const rule = ruleOf(args)
  const text = isThere ? 'there' : 'absent'
  if (rule.length > 0) return { text, action: isThere ? (args.action === 'insert' ? '-I' : '-A') : '-D', behind: rule }
  return args.chain_management ? { text, action: isThere ? '-N' : '-X', behind: [] } : undefined
}

export default defineModule({
  name: 'iptables',
  about: 'A rule of the packet filter is in a chain, or is not. It is not kept over a restart of the host.',
  args,
  outputs: T.Object({ rule: T.String({ description: 'The words of the rule.' }) }),
  examples: [
    '- name: The web site can be reached\n  iptables:\n    chain: INPUT\n    protocol: tcp\n    destination_port: 443\n    jump: ACCEPT',
    '- name: What belongs to a connection comes in\n  iptables:\n    chain: INPUT\n    ctstate: [ESTABLISHED, RELATED]\n    jump: ACCEPT\n    action: insert\n    ip_version: both',
    '- name: All else does not\n  iptables:\n    chain: INPUT\n    policy: DROP',
  ],
  reads: args => ({
    told: args.flush || args.chain === undefined ? [] : tools[args.ip_version].map(tool => look(tool, args)),
  }),
  touches: args => (args.flush ? ['live:iptables'] : []),
  plan: (args, seen, { ok, change, fail }) => {
    const problem = contradiction(args)
    if (problem) return fail(problem.why, problem.fix)
    const all = tools[args.ip_version]
    const rule = ruleOf(args).join(' ')
    if (args.flush)
      return change({
        will: {},
        steps: all.map(tool => exec(command(tool, args, '-F', []))),
        reason: 'all rules go, in every run',
        always: true,
        touches: ['live:iptables'],
      })
    const missing = all.find((_, i) => seen.told[i]!.text === 'missing')
    if (missing) return fail(`there is no ${missing} on that host`, 'install the package iptables in an earlier task')
    if (args.policy !== undefined && seen.told.some(({ text }) => text === ''))
      return fail(
        `${args.chain} has no policy in the table ${args.table}`,
        'only chains that come with a table have one',
      )
    const wanted = wantedOf(args)
    if (!wanted) return ok({ rule })
    const other = all.filter((_, i) => seen.told[i]!.text !== wanted.text)
    if (other.length === 0) return ok({ rule })
    return change({
      will: { told: all.map(tool => (other.includes(tool) ? { text: wanted.text } : undefined)) },
      steps: other.map(tool => exec(command(tool, args, wanted.action, wanted.behind))),
      reason:
        args.policy === undefined ? `it is ${args.state === 'present' ? 'not there' : 'there'}` : 'its policy differs',
      outputs: { rule },
    })
  },
})
