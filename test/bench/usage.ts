import { writeFileSync } from 'node:fs'

// Imported ahead of a program (`node --import`): writes what the whole process has used to the file of BENCH_USAGE when it ends.

/** Milliseconds of CPU, and the most memory it had at once in bytes. */
export type Usage = { cpuMs: number; peakBytes: number }

const file = process.env.BENCH_USAGE
if (file !== undefined)
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    const used: Usage = { cpuMs: (userCPUTime + systemCPUTime) / 1000, peakBytes: maxRSS * 1024 }
    writeFileSync(file, JSON.stringify(used))
  })
