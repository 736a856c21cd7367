import { type Failure, Refusal } from '../core/failure.ts'
import { isUnknown, Later, Lost, Missing, type Unknown, unknownsIn } from '../core/unknown.ts'
import { type Graph, type Node, nodeId } from '../graph/graph.ts'
import type { Vars } from '../load/inventory-draft.ts'
import type { AskedInclude, BroughtBy, Included } from '../load/surroundings.ts'
import { type Line, refused } from './line.ts'
import type { IncludeLine, Walk } from './walk-state.ts'

// An include is a line on each host that says what it has to bring. What is brought is read outside of a pass, once for all
// hosts that ask the same, and joins the graph; the next pass finds it there.

/** Under this what an include has brought is known, on whatever host. */
export const keyOf = ({ slug, line, key }: BroughtBy): string => `${slug} ${line} ${key}`

/** What a line asks to bring; undefined while some of it is not known. */
const askedBy = ({ node, item, inputs }: Line, line: number): AskedInclude | undefined => {
  if (!inputs || unknownsIn(inputs.args).length > 0) return undefined
  const names = item?.names ?? {}
  const { args } = inputs
  return { args, names, by: { slug: node.task.slug, line, key: JSON.stringify([args, names]) } }
}

const runsOf = ({ id, verdict, outputs }: Line): IncludeLine['runs'] => {
  if (verdict === 'ok') return true
  if (verdict === 'pending') return new Missing()
  if (verdict === 'undecided') return isUnknown(outputs) ? outputs : new Later(id)
  return false
}

/** The lines of an include on a host, those among them as failed whose file cannot be read; what they bring is noted. */
export const includeLines = (walk: Walk, node: Node, lines: Line[]): Line[] => {
  const { included } = walk.known
  const [host] = node.hosts as [string]
  const noted: IncludeLine[] = []
  const told = lines.map((line, at) => {
    const [runs, asked] = [node.included.has(host) && runsOf(line), askedBy(line, at)]
    const found = asked && included.get(keyOf(asked.by))
    if (runs === true && Array.isArray(found)) {
      noted.push({ runs: false })
      return refused(line, () => {
        throw new Refusal(...found)
      }) as Line
    }
    noted.push({ runs, ...(asked ? { asked } : {}) })
    return line
  })
  walk.included.set(nodeId(host, node.task), noted)
  return told
}

/** Whether what an include has brought is to be done on a host: its line may not be known yet, or bring something else by now. */
export const isBrought = ({ included }: Walk, { slug, line, key }: BroughtBy, host: string): true | false | Unknown => {
  const found = included.get(`${host}/${slug}`)?.[line]
  if (!found) return false
  if (found.asked && found.asked.by.key !== key) return false
  return found.runs
}

/** A line of an include whose file, role or variables are to be read now, or are to be there on one more host. */
export type WantedInclude = { node: Node; host: string; asked: AskedInclude }

/** What lines of these includes ask to bring that is not there yet. */
export const wantedBy = ({ known, included }: Walk, nodes: Node[]): WantedInclude[] =>
  nodes.flatMap(node => {
    if (!node.task.include) return []
    return node.hosts.flatMap(host =>
      (included.get(nodeId(host, node.task)) ?? []).flatMap(({ runs, asked }): WantedInclude[] => {
        const isWanted = asked && runs !== false && !(runs instanceof Missing) && !(runs instanceof Lost)
        return isWanted && !known.joined.has(`${host} ${keyOf(asked.by)}`) ? [{ node, host, asked }] : []
      }),
    )
  })

const givers = new WeakMap<Graph, Map<string, Node[]>>()
/** The includes that may give variables to what comes behind them, by host and in written order. */
const giversOn = (graph: Graph, host: string): Node[] => {
  const known = givers.get(graph)
  if (known) return known.get(host) ?? []
  const giving = graph.written.filter(({ task: { include } }) => include && include.kind !== 'tasks')
  const found = new Map<string, Node[]>()
  for (const node of giving) for (const one of node.hosts) found.set(one, [...(found.get(one) ?? []), node])
  givers.set(graph, found)
  return found.get(host) ?? []
}

/** Variables that includes have given to a host: layers, lowest first, and names that may be given; `names` undefined: any name. */
export type GivenByIncludes = {
  defaults: Vars[]
  vars: Vars[]
  open: { names?: ReadonlySet<string>; unknown: Unknown }[]
}

const givingNothing: GivenByIncludes = { defaults: [], vars: [], open: [] }

const isFound = (found: Included | Failure[] | undefined): found is Included =>
  found !== undefined && !Array.isArray(found)

/** What the includes that are written before a node have given to a host. */
export const givenByIncludes = (walk: Walk, from: Node, host: string): GivenByIncludes => {
  const { known, included } = walk
  const nodes = giversOn(known.graph, host)
  if (nodes.length === 0) return givingNothing
  const given: GivenByIncludes = { defaults: [], vars: [], open: [] }
  const { writtenAt } = known.graph
  const at = writtenAt.get(from.id)!
  for (const node of nodes) {
    if (writtenAt.get(node.id)! >= at) break
    for (const { runs, asked } of included.get(nodeId(host, node.task)) ?? []) {
      if (runs === false) continue
      const found = asked && known.included.get(keyOf(asked.by))
      const isOfTasks = node.task.include!.kind === 'role'
      if (isFound(found) && runs === true) {
        given.defaults.push(found.defaults)
        given.vars.push(found.vars)
      } else if (isFound(found))
        given.open.push({ names: new Set(Object.keys({ ...found.defaults, ...found.vars })), unknown: runs as Unknown })
      else if (!Array.isArray(found) && !isOfTasks) given.open.push({ unknown: isUnknown(runs) ? runs : new Missing() })
    }
  }
  return given
}
