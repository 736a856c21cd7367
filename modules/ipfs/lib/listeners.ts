import { isRecord, program, type Query, quote } from '../../../src/module/module.ts'
import { printedJson } from './printed-json.ts'

/** Where a kubo listens, as its config says. */
export type Listeners = { api: string; port: number }

const first = (value: unknown): string => String((Array.isArray(value) ? value[0] : value) ?? '')
/** The port of the first TCP address of one or several. */
export const tcpPort = (value: unknown): number | undefined => {
  const [, port] = (Array.isArray(value) ? value : [value]).flatMap(one => /\/tcp\/(\d+)$/.exec(String(one)) ?? [])
  return port === undefined ? undefined : Number(port)
}

/**
 * That section of the config alone, as kubo writes it: the private key stands in the same file. What is not told is as kubo
 * has it by default.
 */
export const kuboListeners = (path: string): Query<Listeners, false> => ({
  ...program<Listeners>({
    key: `listeners:${path}`,
    sh: `{ sed -n '/^  "Addresses": {/,/^  }/{s/^  "Addresses": //;s/^  },*$/}/;p}' ${quote(`${path}/config`)} 2>/dev/null; }`,
    looks: [`member:${path}/config#Addresses`],
    parse: ({ stdout }) => {
      const found = printedJson(stdout)
      const { API, Swarm } = isRecord(found) ? found : {}
      return { api: first(API) || '/ip4/127.0.0.1/tcp/5001', port: tcpPort(Swarm) ?? 4001 }
    },
    subject: `listeners in ${path}/config`,
  }),
  only: true,
})
