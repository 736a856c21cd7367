/** What a host holds of a key that all hosts of a group must share. `print` is a digest of its normalised value. */
export type HostKey =
  | { state: 'absent'; print?: string; wrong?: string }
  | { state: 'good'; print: string; wrong?: string }
  | { state: 'bad'; print?: string; wrong: string }

/** Where the key comes from, and what may be known of it before that. */
type KeyDecision =
  | { is: 'fail'; why: string; fix: string }
  | { is: 'needs'; host: string }
  | { is: 'given'; print: string }
  | { is: 'held'; print: string; by: string }
  | { is: 'born'; on: string }

const short = (print: string): string => print.slice(0, 8)

/**
 * The one rule for keys that are never minted twice: a variable wins; else the one that is held anywhere; two
 * different ones are refused; and one is made, on the first host, only if every host answered and none holds any.
 * A malformed one is replaced only where it is known by what.
 */
export const decideKey = (
  what: string,
  given: string | undefined,
  held: Record<string, HostKey>,
  { missing, failed }: { missing: string[]; failed: string[] },
): KeyDecision => {
  if (given !== undefined) return { is: 'given', print: given }
  const holders = Object.entries(held).filter(([, h]) => h.state === 'good')
  const prints = [...new Set(holders.map(([, h]) => h.print!))]
  if (prints.length > 1)
    return {
      is: 'fail',
      why: `the hosts hold different ${what}s: ${holders.map(([host, h]) => `${host}=${short(h.print!)}`).join(', ')}`,
      fix: `give the one to keep as a variable (-e @FILE), and keep a copy of the others: what was written under them is read with them alone`,
    }
  const holder = holders[0]
  if (holder) return { is: 'held', print: holder[1].print!, by: holder[0] }
  const bad = Object.entries(held).filter(([, h]) => h.state === 'bad')
  if (bad.length > 0)
    return {
      is: 'fail',
      why: `no good ${what} anywhere, and a bad one: ${bad.map(([host, h]) => `${host}: ${h.wrong}`).join('; ')}`,
      fix: `put the right file back from a backup, or give the ${what} as a variable (-e @FILE)`,
    }
  // What has failed there is told there. Only of a host that is silent there is nothing to read but this.
  if (failed.length > 0 && failed.length === missing.length) return { is: 'needs', host: failed[0]! }
  if (missing.length > 0)
    return {
      is: 'fail',
      why: `${missing.join(', ')} did not answer or failed before, and may hold the ${what}: not minted`,
      fix: `bring ${missing.join(', ')} back, take ${missing.length === 1 ? 'it' : 'them'} out of the inventory, or give the ${what} as a variable`,
    }
  return { is: 'born', on: Object.keys(held)[0]! }
}

export type GoodKeyDecision = Exclude<KeyDecision, { is: 'fail' } | { is: 'needs' }>

/**
 * Who hands out the key, its digest where it is known before that, and which hosts lack it: all, and those where steps
 * may run.
 */
type KeyHandout = { source: string | undefined; print: string | undefined; lacking: string[]; taking: string[] }

export const handOut = (
  decision: GoodKeyDecision,
  held: Record<string, HostKey>,
  { up, bystanders }: { up: string[]; bystanders: string[] },
): KeyHandout => {
  const source = decision.is === 'held' ? decision.by : decision.is === 'born' ? decision.on : undefined
  const print = decision.is === 'born' ? undefined : decision.print
  const lacking = up.filter(host => print === undefined || held[host]!.print !== print)
  return { source, print, lacking, taking: lacking.filter(host => !bystanders.includes(host)) }
}

/** The sentence for a host that gets the key, from what it holds now. */
export const keyReason = (what: string, host: string, decision: GoodKeyDecision, now: HostKey): string => {
  if (decision.is === 'born')
    return decision.on === host ? `no host holds a ${what}: made here` : `${what} from ${decision.on}`
  const from = decision.is === 'given' ? 'the variable' : decision.by
  if (now.state === 'absent') return `${what} from ${from}`
  const old = now.state === 'bad' ? now.wrong : `another one (${short(now.print)})`
  return `${old}: replaced by the ${what} of ${from} (${short(decision.print)})`
}
