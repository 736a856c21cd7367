import { asUser, exec, quote, type Step } from '../../../src/module/module.ts'

/** A daemon's REST API, and the folder of its service.json. */
export type ClusterApi = { user: string; path: string; bin_dir: string; api: string }

/** What it is asked: in the words of `ipfs-cluster-ctl`, and over HTTP. `seconds` is all that it may take. */
type Question = { words: string[]; method: 'GET' | 'DELETE'; at: string; seconds: number }

/** Where a multiaddress leads: as it stands in a URL, and host and port by themselves. */
const placeOf = (multi: string): [place: string, host: string, port: string] => {
  const [, kind = '', host = '', port = ''] = /^\/(\w+)\/([^/]+)\/tcp\/(\d+)/.exec(multi) ?? []
  return [`${kind.startsWith('ip6') ? `[${host}]` : host}:${port}`, host, port]
}

/**
 * Out of the section `restapi` of service.json, a member on each line as ipfs-cluster-service and runbook write it: `s`
 * where there is a certificate, a colon, and the first user and password, taken out of JSON's quotes.
 */
const guardIn = String.raw`function hex(s,  n, i) { for (i = 1; i <= 4; i++) n = n * 16 + index("0123456789abcdef", tolower(substr(s, i, 1))) - 1; return n }
function plain(s,  o, c) {
  while (match(s, /\\/)) {
    c = substr(s, RSTART + 1, 1); o = o substr(s, 1, RSTART - 1)
    if (c == "u") { o = o sprintf("%c", hex(substr(s, RSTART + 2, 4))); s = substr(s, RSTART + 6) }
    else { o = o (c == "t" ? "\t" : c); s = substr(s, RSTART + 2) }
  }
  return o s
}
/^ *"restapi": *[{]/ { match($0, /^ */); own = RLENGTH; inside = 1; next }
inside && /^ *[}]/ { match($0, /^ */); if (RLENGTH <= own) inside = 0 }
inside && /"ssl_cert_file": *"[^"]/ { tls = "s" }
inside && /"basic_auth_credentials": *[{]/ { users = 1; next }
/^ *[}]/ { users = 0 }
users && !found { sub(/^ */, ""); if (match($0, /^"([^"\\]|\\.)*"/)) {
  name = substr($0, 2, RLENGTH - 2); $0 = substr($0, RLENGTH + 1); sub(/^ *: */, "")
  if (match($0, /^"([^"\\]|\\.)*"/)) { pass = substr($0, 2, RLENGTH - 2); found = 1 } } }
END { printf "%s:", tls; if (found) printf "%s:%s", plain(name), plain(pass) }`

/**
 * Asks the API with the password that this host's own service.json holds: it goes from there to the API by the standard
 * input of what asks, since everyone on a host reads the command lines, and `ipfs-cluster-ctl` takes it in no other way than
 * there or in its environment. So without a password that asks, else curl, or what is on nearly every host.
 */
const asking = String.raw`file=$1 method=$2 at=$3 place=$4 host=$5 port=$6 limit=$7 program=$8; shift 8
said=$(awk '${guardIn}' "$file")
tls=${'${said%%:*}'} pass=${'${said#*:}'}
if [ -z "$pass" ]; then
  if [ -n "$tls" ]; then set -- --https --no-check-certificate "$@"; fi
  exec "$program" "$@"
fi
auth=$(printf %s "$pass" | base64 | tr -d '\n')
request() { printf '%s %s HTTP/1.0\r\nHost: %s\r\nAuthorization: Basic %s\r\n\r\n' "$method" "$at" "$place" "$auth"; }
body() { awk 'b; /^\r?$/ { b = 1 }'; }
has() { command -v "$1" >/dev/null 2>&1; }
if has curl; then
  printf 'url = "http%s://%s%s"\nrequest = "%s"\nheader = "Authorization: Basic %s"\n' "$tls" "$place" "$at" "$method" "$auth" |
    curl -q -sSgkN --noproxy '*' --max-time "$limit" -K -
elif [ -n "$tls" ] && has openssl; then request | timeout "$limit" openssl s_client -quiet -connect "$place" 2>/dev/null | body
elif [ -z "$tls" ] && has bash; then
  request | timeout "$limit" bash -c 'exec 3<>"/dev/tcp/$0/$1" && cat >&3 && cat <&3' "$host" "$port" | body
else echo '{"code":0,"message":"this host has neither curl nor what could stand in for it, to ask with a password"}'; fi`

const argvOf = ({ path, bin_dir, api }: ClusterApi, { words, method, at, seconds }: Question): string[] => [
  ...['timeout', String(seconds + 1), 'sh', '-c', asking, 'sh', `${path}/service.json`, method, at, ...placeOf(api)],
  ...[
    String(seconds),
    `${bin_dir}/ipfs-cluster-ctl`,
    '--host',
    api,
    '--timeout',
    String(seconds),
    '--enc=json',
    ...words,
  ],
]

/** The question as it is asked where there is neither a password nor a certificate: of these two shells no process is left. */
const plainArgv = ({ bin_dir, api }: ClusterApi, { words, seconds }: Question): string[] => [
  ...['timeout', String(seconds + 1), `${bin_dir}/ipfs-cluster-ctl`, '--host', api, '--timeout', String(seconds)],
  ...['--enc=json', ...words],
]

/** A fragment that asks the API. A password or a certificate is looked for first: most have neither. */
export const apiQuestion = (api: ClusterApi, question: Question): string => {
  const env = { HOME: api.path }
  const guarded = `grep -qsE '"(basic_auth_credentials": *[{]|ssl_cert_file": *"[^"])' ${quote(`${api.path}/service.json`)}`
  return `if ${guarded}; then ${asUser(api.user, env, argvOf(api, question))}; else ${asUser(api.user, env, plainArgv(api, question))}; fi`
}

/** The same as a step, which fails where the API refuses. */
export const apiStep = (api: ClusterApi, question: Question): Step => {
  const [, seconds, ...script] = argvOf(api, question)
  const judged = `said=$("$@") || { printf '%s\\n' "$said" >&2; exit 1; }; case $said in *'"code":'*) printf '%s\\n' "$said" >&2; exit 1 ;; esac`
  return exec(['sh', '-c', judged, 'sh', 'timeout', seconds!, ...script], { user: api.user, env: { HOME: api.path } })
}

/**
 * What the API said of all peers, as sorted lines `ID ERROR`, and of each that answers `= ID NAME ADDRESS`; what it says in
 * place of that as `! CODE MESSAGE`. The same text as long as nothing changes, whatever the order of the answer.
 * `--enc=json` prints one object after another, with top-level members at four spaces (api/types.go), the API by itself
 * one a line.
 */
const told = String.raw`awk 'function place(a) { gsub(/[" ,]/, "", a); sub(/\/p2p\/.*/, "", a); if (a !~ /\/(127\.|::1)/ && (best == "" || a < best)) best = a }
function inside(text, start) { text = substr(text, RSTART + start, RLENGTH - start); sub(/"\}?$/, "", text); return text }
/^\{"id":"/ {
  best = name = why = ""; match($0, /^\{"id":"[^"]*"/); id = inside($0, 7)
  if (match($0, /"addresses":\[[^\]]*/)) { n = split(substr($0, RSTART + 13, RLENGTH - 13), all, ","); for (i = 1; i <= n; i++) place(all[i]) }
  if (match($0, /"rpc_protocol_version":"[^"]*","error":"([^"\\]|\\.)*"/)) { $0 = substr($0, RSTART); rest = substr($0, RLENGTH + 1); match($0, /"error":"([^"\\]|\\.)*"/); why = inside($0, 9); $0 = rest }
  if (match($0, /"peername":"([^"\\]|\\.)+"\}$/)) name = inside($0, 12)
  print id " " why; if (name != "") print "= " id " " name " " best; next
}
/^    "id": "/ { id = $2; gsub(/[",]/, "", id); best = ""; n = 0 }
/^    "addresses": \[/ { n = 1 } /^    \]/ { n = 0 }
n && /^        "/ { place($0) }
/^    "error": "/ { sub(/^    "error": "/, ""); sub(/",$/, ""); print id " " $0 }
/^    "peername": "./ { sub(/^    "peername": "/, ""); sub(/",?$/, ""); print "= " id " " $0 " " best }
/^ *\{?"code": *[0-9]/ { code = $0; sub(/.*"code": */, "", code); sub(/[^0-9].*/, "", code) }
code != "" && /"message": *"/ { sub(/.*"message": *"/, ""); sub(/"[ ,}]*$/, ""); print "! " code " " $0; code = "" }' | sort -u`

/**
 * Who the daemon lists, in such lines, each as it comes: measured, peers that live answer at once, one whose host is silent
 * after 15 s, so nobody waits.
 */
export const listedPeers = (api: ClusterApi): string =>
  `{ ${apiQuestion(api, { words: ['peers', 'ls'], method: 'GET', at: '/peers', seconds: 3 })}; } | ${told}`

/** A peer as it is listed: its name and its place are known while it answers. */
export type ListedPeer = { id: string; error: string; name: string; address: string }
/** What the API says in place of an answer: an HTTP status, or 0 where it was not reached. */
export type ApiRefusal = { code: number; message: string }

/** What stands in the lines of `listedPeers`. */
export const readListed = (stdout: Buffer): { peers: ListedPeer[]; refusal?: ApiRefusal } => {
  const lines = stdout.toString().split('\n').filter(Boolean)
  const places = new Map<string, { name: string; address: string }>()
  const peers: ListedPeer[] = []
  let refusal: ApiRefusal | undefined
  for (const line of lines) {
    const [first = '', ...rest] = line.split(' ')
    if (first === '=') places.set(rest[0] ?? '', { name: rest.slice(1, -1).join(' '), address: rest.at(-1) ?? '' })
    else if (first === '!') refusal = { code: Number(rest[0]), message: rest.slice(1).join(' ') }
    else peers.push({ id: first, error: rest.join(' '), name: '', address: '' })
  }
  return { peers: peers.map(one => ({ ...one, ...places.get(one.id) })), ...(refusal ? { refusal } : {}) }
}

/** `ipfs-cluster-ctl` as a person types it on the host: what is as its own defaults have it is left out. */
export const controlCommand = ({ bin_dir, api }: { bin_dir: string; api: string }): string =>
  [
    bin_dir === '/usr/local/bin' ? 'ipfs-cluster-ctl' : quote(`${bin_dir}/ipfs-cluster-ctl`),
    ...(api === '/ip4/127.0.0.1/tcp/9094' ? [] : ['--host', quote(api)]),
  ].join(' ')
