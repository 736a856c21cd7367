import { type Said, type SaidBy, SETTINGS, type SettingName, type Sources, settingOf } from './precedence.ts'
import { type Reaching, sayingsOf, targetOf } from './reach.ts'
import { firstOf, type SshSaid } from './ssh-hop.ts'
import type { Hop, Target } from './target.ts'

/** One setting as it counts, for people: a secret only as `set`. */
export type SettingOrigin = { setting: string; value: string; from: SaidBy }

const DEFAULT: SaidBy = { by: 'default', name: 'default' }
const SET = 'set'

const placeOf = ({ user, host, port }: Hop): string =>
  `${user}@${host.includes(':') ? `[${host}]` : host}${port === 22 ? '' : `:${port}`}`

const NEW_KEYS = { ask: 'asked for; refused without a terminal', accept: 'taken in', refuse: 'refused' }

/** Rows in the order in which people ask for them; what is not there has none. */
const rowsOf = (target: Target, list: SshSaid[], said: (name: SettingName) => Said | undefined): SettingOrigin[] => {
  const bySsh = (...keywords: string[]): SaidBy => firstOf(list, ...keywords)?.from ?? DEFAULT
  const bySetting = (name: SettingName): SaidBy => said(name)?.from ?? DEFAULT
  const row = (setting: string, value: string | number | undefined | false, from: SaidBy): SettingOrigin[] =>
    value === undefined || value === false ? [] : [{ setting, value: String(value), from }]
  const agent = target.agent && firstOf(list, 'identityagent')?.from
  const files = list.filter(({ keyword }) => keyword === 'identityfile')
  return [
    ...row('connection', target.connection ?? 'ssh', bySetting('connection')),
    ...row('address', target.host, firstOf(list, 'hostname')?.from ?? bySetting('host')),
    ...row('port', target.port, bySsh('port')),
    ...row('user', target.user, bySsh('user')),
    ...(target.keyFiles ?? []).flatMap((file, at) => row('key', file, files[at]?.from ?? bySsh('identityfile'))),
    ...row('only these keys', target.onlyKeyFiles && 'yes', bySsh('identitiesonly')),
    ...row('agent', target.agent, agent || { by: 'environment', name: 'SSH_AUTH_SOCK' }),
    ...row('agent forwarded', target.forwardsAgent && 'yes', bySsh('forwardagent')),
    ...row('password', said('password') && SET, bySetting('password')),
    ...row('passphrase', said('passphrase') && SET, bySetting('passphrase')),
    ...row('by way of', target.via?.map(placeOf).join(', '), bySsh('proxyjump', 'proxycommand')),
    ...row('by command', target.proxyCommand, bySsh('proxyjump', 'proxycommand')),
    ...row('arguments of ssh', target.sshArgs?.join(' '), DEFAULT),
    ...row('name of its key', target.keyAlias, bySsh('hostkeyalias')),
    ...row('known hosts', target.knownHosts.join(', '), bySsh('userknownhostsfile', 'globalknownhostsfile')),
    ...row('unknown keys', NEW_KEYS[target.newKeys ?? 'refuse'], bySsh('stricthostkeychecking')),
    ...row('seconds to log in', target.timeoutSeconds, bySsh('connecttimeout')),
    ...row('seconds to answer', target.answerSeconds, bySetting('answerSeconds')),
    ...row('tried again', target.retries, bySetting('retries')),
    ...(['become', 'becomeMethod', 'becomeUser', 'becomeExe', 'becomeFlags'] as const).flatMap(name => {
      const one = said(name)
      return one
        ? row(
            name.replace(/[A-Z]/, letter => ` ${letter.toLowerCase()}`),
            String(one.value),
            one.from,
          )
        : []
    }),
    ...row('become password', said('becomePassword') && SET, bySetting('becomePassword')),
  ]
}

/** How a host is reached, each part of it with what says so. @throws Refusal as `targetOf`. */
export const originsOf = async (
  host: string,
  vars: Record<string, unknown>,
  reaching: Reaching,
): Promise<SettingOrigin[]> => {
  const target = await targetOf(host, vars, reaching)
  const { list, sources } = await sayingsOf(host, vars, reaching)
  return rowsOf(target, list, name => settingOf(name, sources))
}

const SECRETS: SettingName[] = ['password', 'passphrase', 'keyText', 'becomePassword']

/** The name of a setting in a file of Ansible's, or of its option. */
const wordOf = (name: SettingName): string => {
  const { ini } = SETTINGS[name]
  return ini?.[0]?.split('.')[1] ?? name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/** What is said of all hosts of a run, each part of it with what says so. */
export const settingsOfRun = (sources: Sources): SettingOrigin[] =>
  (Object.keys(SETTINGS) as SettingName[]).flatMap(name => {
    const said = settingOf(name, sources)
    return said
      ? [{ setting: wordOf(name), value: SECRETS.includes(name) ? SET : String(said.value), from: said.from }]
      : []
  })
