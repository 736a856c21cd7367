import { attempt } from '../core/failure.ts'
import { ansibleDelimiters } from '../jinja/delimiters.ts'
import { parseTemplate } from '../jinja/parser.ts'
import type { ExpressionNode } from '../jinja/tree.ts'
import { hasBraces } from '../load/braces.ts'
import { type Located, placeIn } from '../load/located.ts'
import { variableLayers } from '../load/secrets.ts'
import { expressionsBelow, expressionTree } from './conditions.ts'
import type { Rule } from './finding.ts'
import { conditionsIn, textsIn } from './written.ts'

const withoutPrefix = (name: unknown): string =>
  String(name).replace(/^(ansible\.(builtin|legacy)|community\.general)\./, '')

/** Filters whose result is another one each time, with the argument that ends that: by its name, and by its place. */
const SEEDS: Record<string, { named: string; place: number }> = {
  random: { named: 'seed', place: 2 },
  shuffle: { named: 'seed', place: 0 },
  random_mac: { named: 'seed', place: 0 },
  password_hash: { named: 'salt', place: 1 },
}

/** What is left to chance, in words; undefined where nothing is. */
const chanceOf = (node: ExpressionNode): { what: string; seed: string } | undefined => {
  if (node.kind === 'filter') {
    const name = withoutPrefix(node.name)
    const seed = Object.hasOwn(SEEDS, name) ? SEEDS[name] : undefined
    if (!seed || node.rest || node.others) return undefined
    const isSaid = node.named.some(one => one.name === seed.named) || node.args.length > seed.place
    return isSaid ? undefined : { what: `"${name}" without ${seed.named}`, seed: `${seed.named}=inventory_hostname` }
  }
  if (node.kind !== 'call' || node.of.kind !== 'name' || !['lookup', 'query', 'q'].includes(node.of.name))
    return undefined
  const [which, first] = node.args
  const name = which?.kind === 'constant' ? withoutPrefix(which.value) : ''
  if (name === 'random_choice' || name === 'random_string' || name === 'random_pet')
    return { what: `the lookup ${name}`, seed: '' }
  const isNowhere = first?.kind === 'constant' && /^\/dev\/null(\s|$)/.test(String(first.value))
  const isSeeded =
    node.named.some(one => one.name === 'seed') || (first?.kind === 'constant' && /\bseed=/.test(String(first.value)))
  return name === 'password' && isNowhere && !isSeeded
    ? { what: 'the lookup password at /dev/null', seed: '' }
    : undefined
}

const treesIn = (at: Located<string>): unknown =>
  hasBraces(at.value) ? attempt(() => parseTemplate(at.value, ansibleDelimiters)).value : undefined

/** Arguments, conditions and variables that are something else in every run: no second apply finds nothing to do. */
export const unseededChance: Rule = ({ loaded, written }) => {
  const variables = variableLayers({ ...loaded, extra: {} })
    .flatMap(Object.values)
    .flatMap(textsIn)
  const tasks = written.filter(({ kind }) => kind !== 'play').map(({ at }) => at)
  const trees = [
    ...[...tasks.flatMap(textsIn), ...variables].map(at => ({ at, tree: treesIn(at) })),
    ...tasks
      .flatMap(conditionsIn)
      .map(at => ({ at, tree: hasBraces(at.value) ? undefined : expressionTree(at.value) })),
  ]
  return trees.flatMap(({ at, tree }) =>
    expressionsBelow(tree).flatMap(node => {
      const found = chanceOf(node)
      if (!found) return []
      return {
        what: `What this comes to is another thing in every run: ${found.what}.`,
        fix: found.seed
          ? `Give it one that stays: ${found.seed}.`
          : 'Keep what is drawn: lookup("password", FILE) does, and so does random(seed=inventory_hostname).',
        origin: placeIn(at.origin, at.value, node.kind === 'call' ? node.of.at : node.at),
      }
    }),
  )
}
