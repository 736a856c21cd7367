import type { Arrow, Box, Drawing } from './drawing.ts'
import type { EdgeKind } from './graph.ts'

const [width, height, gapX, gapY, top, left] = [220, 40, 60, 24, 50, 20]

type BoxPlace = { x: number; y: number; width: number }

/** A column per host, a row per task in plan order; a task of several hosts spans their columns. */
const places = ({ boxes, hosts }: Drawing): Map<string, BoxPlace> => {
  const rows = new Map<string, number>()
  for (const { id, hosts: own } of boxes) {
    const key = own.length === 1 ? id.slice(id.indexOf('/') + 1) : id
    if (!rows.has(key)) rows.set(key, rows.size)
  }
  const columnOf = new Map(hosts.map((host, i) => [host, i]))
  return new Map(
    boxes.map(({ id, hosts: own }) => {
      const key = own.length === 1 ? id.slice(id.indexOf('/') + 1) : id
      // In the order of the inventory, as they are drawn.
      const [first, last] = [columnOf.get(own[0]!)!, columnOf.get(own.at(-1)!)!]
      return [
        id,
        {
          x: left + first * (width + gapX),
          y: top + rows.get(key)! * (height + gapY),
          width: (last - first) * (width + gapX) + width,
        },
      ]
    }),
  )
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const short = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

const box = ({ id, task, module }: Box, { x, y, width: wide }: BoxPlace): string =>
  `<g><title>${escaped(id)}</title><rect x="${x}" y="${y}" width="${wide}" height="${height}" rx="4"/>` +
  `<text x="${x + wide / 2}" y="${y + 17}">${escaped(short(task, 32))}</text>` +
  `<text class="module" x="${x + wide / 2}" y="${y + 32}">${escaped(module)}</text></g>`

/** Straight down where nothing is between; else around the side, so that it crosses no other box. */
const arrow = ({ from, to, kind }: Arrow, at: Map<string, BoxPlace>): string => {
  const [a, b] = [at.get(from)!, at.get(to)!]
  const middle = ({ x, width: wide }: BoxPlace): number => x + wide / 2
  const [y1, y2] = [a.y + height, b.y]
  const isNear = y2 - y1 <= gapY && y2 > y1
  const [x1, x2] = isNear ? [Math.max(a.x, b.x) + width / 2, Math.max(a.x, b.x) + width / 2] : [middle(a), middle(b)]
  const path = isNear
    ? `M${a.width > b.width ? x2 : x1} ${y1} V${y2 - 4}`
    : a.x === b.x && a.width === b.width
      ? `M${a.x + a.width} ${a.y + height / 2} C${a.x + a.width + gapX} ${a.y} ${b.x + b.width + gapX} ${b.y} ${b.x + b.width + 4} ${b.y + height / 2}`
      : `M${x1} ${y1} C${x1} ${y1 + gapY} ${x2} ${y2 - gapY} ${x2} ${y2 - 4}`
  return `<path class="${kind}" d="${path}" marker-end="url(#head)"><title>${escaped(`${from} → ${to} (${kind})`)}</title></path>`
}

const colours: Record<EdgeKind, string> = {
  order: 'stroke:#bbb',
  needs: 'stroke:#333',
  after: 'stroke:#c60;stroke-dasharray:5 3',
  value: 'stroke:#06c',
  notify: 'stroke:#608;stroke-dasharray:2 3',
  machine: 'stroke:#bbb;stroke-dasharray:5 3',
}

/** A picture that a browser shows by itself; colours tell why one comes after another. */
export const svgOf = (drawing: Drawing): string => {
  const { boxes, arrows, hosts } = drawing
  const at = places(drawing)
  const bottom = [...at.values()].reduce((most, { y }) => Math.max(most, y + height), top) + 60
  const kinds = Object.keys(colours) as EdgeKind[]
  const legend = kinds.map(
    (kind, i) =>
      `<path class="${kind}" d="M${left + i * 90} ${bottom - 22} h30"/><text class="legend" x="${left + 35 + i * 90}" y="${bottom - 18}">${kind}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.max(480, left * 2 + hosts.length * (width + gapX))}" height="${bottom}">
<style>rect{fill:#fff;stroke:#333}text{font:12px sans-serif;text-anchor:middle}.module{fill:#777;font-size:10px}.host{font-weight:bold}.legend{text-anchor:start}path{fill:none;stroke-width:1.3}${kinds.map(kind => `.${kind}{${colours[kind]}}`).join('')}</style>
<defs><marker id="head" markerWidth="8" markerHeight="8" refX="5" refY="3" orient="auto"><path d="M0 0 L6 3 L0 6 z" style="fill:#555"/></marker></defs>
${hosts.map((host, i) => `<text class="host" x="${left + i * (width + gapX) + width / 2}" y="30">${escaped(host)}</text>`).join('\n')}
${arrows.map(one => arrow(one, at)).join('\n')}
${boxes.map(one => box(one, at.get(one.id)!)).join('\n')}
${legend.join('\n')}
</svg>
`
}
