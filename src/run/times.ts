const two = (number: number): string => String(number).padStart(2, '0')
const micros = (ms: number): string => `${String(ms % 1000).padStart(3, '0')}000`

/** A moment, in milliseconds, as Python writes it, by the clock here. */
export const clockText = (ms: number): string => {
  const at = new Date(ms)
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}.${micros(ms)}`
}

/** How long something took, in milliseconds, as Python writes it. */
export const spanText = (ms: number): string => {
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${micros(ms)}`
}
