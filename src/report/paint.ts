import { styleText } from 'node:util'

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours for text; without colour each leaves its text as it is. */
export type Paint = Record<Style, (text: string) => string>

const paintWith = (style: (name: Style) => (text: string) => string): Paint => ({
  bold: style('bold'),
  dim: style('dim'),
  red: style('red'),
  green: style('green'),
  yellow: style('yellow'),
  cyan: style('cyan'),
})

export const plainPaint: Paint = paintWith(() => text => text)
/** Whether to colour is the caller's decision, so the state of this process's own stream does not count. */
export const colourPaint: Paint = paintWith(name => text => styleText(name, text, { validateStream: false }))
