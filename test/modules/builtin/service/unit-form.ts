/** A unit in one form of systemd: what is there, what is done, and what `systemctl` says of it afterwards. */
export type UnitForm = {
  title: string
  /** Made on the host before, by its shell. */
  given?: string
  /** Tasks in YAML, each a line. */
  tasks: string[]
  /** What the plan says of each, and what each comes to in a second apply where not all are ok. */
  plan: string
  second?: string
  /** A command, and what it prints when all is done. */
  shows: string
  gives: string
  /** A part of a warning of the plan. */
  warns?: string
  /** A part of what a failing task says. */
  fails?: string
}

export const runs = (...more: string[]): string =>
  ['[Service]', 'Type=exec', 'ExecStart=/bin/sleep infinity', ...more].join('\\n')
export const boots = ['[Install]', 'WantedBy=multi-user.target']
export const needing = (...lines: string[]): string => ['[Unit]', ...lines, runs()].join('\\n')
export const text = (path: string, content: string): string => `printf '${content}\\n' > ${path}`
/** The same, later than a start by the kernel's clock for files, which ticks every few milliseconds. */
export const later = (unit: string, path: string, content: string): string =>
  `until [ -n "$(find ${path} -newermt "$(systemctl show --timestamp=us+utc -p StateChangeTimestamp --value ${unit})" 2>/dev/null)" ]; do ${text(path, content)}; done`
export const units = '/etc/systemd/system'
/** Writes unit files, and has systemd know them. */
export const having = (files: Record<string, string>, ...more: string[]): string =>
  [
    ...Object.entries(files).map(([name, content]) => text(name.startsWith('/') ? name : `${units}/${name}`, content)),
    'systemctl daemon-reload',
    ...more,
  ].join('; ')
export const copied = (path: string, content: string): string => `- copy: {dest: ${path}, content: "${content}\\n"}`
export const unit = (name: string, content: string): string =>
  `- systemd_unit: {name: ${name}, content: "${content}\\n"}`
export const service = (name: string, more: string): string => `- service: {name: ${name}, ${more}}`
export const stateOf = (...names: string[]): string =>
  `for u in ${names.join(' ')}; do systemctl is-active $u; systemctl is-enabled $u 2>/dev/null || :; done | xargs`

export const environment = (name: string): string =>
  `tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value ${name})/environ | grep ^FORM=`
