/** What came of one scene in one round. */
export type Ending = { scene: string; ok: boolean; seconds: number; said: string }

/** One scene, as soon as it has ended. */
export const line = ({ scene, ok, seconds, said }: Ending): string =>
  `  ${ok ? 'ok  ' : 'FAIL'}  ${scene.padEnd(36)} ${seconds.toFixed(1).padStart(5)} s  ${said}`

const middle = (sorted: number[]): number => {
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** Each scene over all rounds: how often it passed, the shortest, middle and longest time. */
export const totals = (endings: Ending[]): string[] => {
  const scenes = [...Map.groupBy(endings, ({ scene }) => scene)]
  const wide = Math.max(0, ...scenes.map(([scene]) => scene.length))
  const rows = scenes.map(([scene, all]) => {
    const times = all.map(({ seconds }) => seconds).toSorted((a, b) => a - b)
    const passed = all.filter(({ ok }) => ok).length
    const numbers = [passed, all.length - passed].map(n => String(n).padStart(6))
    const spread = [times[0]!, middle(times), times.at(-1)!].map(s => s.toFixed(1).padStart(6))
    return [scene.padEnd(wide), ...numbers, ...spread].join('  ')
  })
  const heads = ['passed', 'failed', 'min s', 'med s', 'max s'].map(head => head.padStart(6))
  return [['scene'.padEnd(wide), ...heads].join('  '), ...rows]
}
