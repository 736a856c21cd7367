/** A version as numbers: `v0.42.0` and `1.26.4` alike; what is not said is 0. */
const numbers = (version: string): number[] => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number)

/** Whether one version comes before another. */
export const isOlderVersion = (one: string, other: string): boolean => {
  const [a, b] = [numbers(one), numbers(other)]
  for (let i = 0; i < 3; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) < (b[i] ?? 0)
  return false
}

/** From which version on, newest first. Undefined: older than all that is known. */
const since = <T>(table: [string, T][], version: string): T | undefined =>
  table.find(([first]) => !isOlderVersion(version, first))?.[1]

/** The version of the repo that a kubo works with, by its source (repo/fsrepo). From 0.45 on nothing is known. */
export const repoVersionOf = (kubo: string): number | undefined => {
  const known: [string, number | undefined][] = [
    ['0.45', undefined],
    ['0.38', 18],
    ['0.37', 17],
    ['0.30', 16],
    ['0.23', 15],
    ['0.21', 14],
    ['0.18', 13],
    ['0.12', 12],
    ['0.8', 11],
  ]
  return since(known, kubo)
}

/** The Go that a program needs to be built from source: the `go` line of its go.mod. */
const go: Record<string, [string, string][]> = {
  kubo: [
    ['0.42', '1.26.4'],
    ['0.41', '1.26.2'],
    ['0.40.1', '1.25.0'],
    ['0.40', '1.26'],
    ['0.37', '1.25'],
    ['0.34', '1.24'],
    ['0.31', '1.23'],
    ['0.28', '1.22'],
    ['0.27', '1.21'],
    ['0.23', '1.20'],
    ['0.22', '1.19'],
    ['0.16', '1.18'],
    ['0.13', '1.17'],
    ['0.10', '1.16'],
    ['0.9', '1.15'],
    ['0.8', '1.14'],
  ],
  'ipfs-cluster': [
    ['1.1.6', '1.26'],
    ['1.1.5', '1.25'],
    ['1.1.3', '1.24'],
    ['1.1.2', '1.23'],
    ['1.1.1', '1.22'],
    ['1.0.8', '1.21'],
    ['1.0.7', '1.20'],
    ['1.0.3', '1.19'],
    ['1.0.1', '1.18'],
    ['0.14.2', '1.17'],
    ['0.13.3', '1.16'],
    ['0.13.1', '1.15'],
    ['0.13', '1.14'],
  ],
}

/** The oldest Go that builds a version of a program; undefined where that is not known. */
export const goVersionFor = (program: string, version: string): string | undefined => since(go[program] ?? [], version)
