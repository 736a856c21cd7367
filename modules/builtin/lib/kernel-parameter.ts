import { program, quote } from '../../../src/module/module.ts'

/** A parameter of the kernel. Its value is that of its file in /proc/sys with single blanks between words. */
export type KernelParameter = { exists: boolean; value: string; writable: boolean }

/** Where it lies: whichever of `.` and `/` comes first in its name parts it, as for sysctl(8). */
export const parameterPath = (name: string): string => {
  const isPath = /^[^.]*\//.test(name)
  const swapped: Record<string, string> = { '.': '/', '/': '.' }
  return `/proc/sys/${isPath ? name : name.replace(/[./]/g, sign => swapped[sign]!)}`
}

/** A value as it is compared: the kernel writes tabs where people write blanks. */
export const parameterValue = (value: string): string => value.trim().split(/\s+/).join(' ')

export const kernelParameter = (name: string) => {
  const path = parameterPath(name)
  return program<KernelParameter>({
    key: `sysctl:${path}`,
    sh: `if [ -e ${quote(path)} ]; then [ -w ${quote(path)} ] && echo set || echo fixed; cat ${quote(path)} 2>/dev/null || :; else echo none; fi`,
    looks: [`path:${path}`],
    parse: ({ stdout }) => {
      const text = stdout.toString()
      const [first = 'none'] = text.split('\n')
      return { exists: first !== 'none', writable: first === 'set', value: parameterValue(text.slice(first.length)) }
    },
    subject: name,
  })
}
