import { spawn } from 'node:child_process'

/** What stood on a terminal in which a command ran, and how the command ended. */
export type OnTerminal = { screen: string; code: number | null }

/**
 * Runs a line of sh on a terminal of its own (`script` of util-linux): whenever one of these texts has come, what belongs to it
 * is typed, or done, one after the other.
 */
export const onTerminal = (
  folder: string,
  line: string,
  talk: [wait: string, type: string | ((type: (text: string) => void) => void)][],
): Promise<OnTerminal> =>
  new Promise((resolve, reject) => {
    const child = spawn('script', ['-qefc', line, '/dev/null'], { cwd: folder })
    let screen = ''
    let seen = 0
    const left = [...talk]
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text
      for (;;) {
        const at = left.length > 0 ? screen.indexOf(left[0]![0], seen) : -1
        if (at < 0) break
        seen = at + left[0]![0].length
        const [, answer] = left.shift()!
        if (typeof answer === 'string') child.stdin.write(answer)
        else answer(text => void child.stdin.write(text))
      }
    })
    child.stdin.on('error', () => {})
    child.on('error', reject).on('close', code => resolve({ screen, code }))
  })
