/** Settings of ssh that are followed, some of them by ssh itself where it is asked for a host's settings. */
const FOLLOWED =
  'addressfamily bindaddress canonicaldomains canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots canonicalizepermittedcnames certificatefile connecttimeout forwardagent globalknownhostsfile hashknownhosts hostkeyalias hostname identitiesonly identityagent identityfile port proxycommand proxyjump stricthostkeychecking user userknownhostsfile'

/** What ssh2 cannot do; with these values it has nothing to do either. */
const BEYOND: Record<string, RegExp> = {
  certificatefile: /^none$/i,
  pkcs11provider: /^none$/i,
  knownhostscommand: /^none$/i,
  proxyusefdpass: /^(no|false)$/i,
  bindinterface: /^$/,
  hostbasedauthentication: /^(no|false)$/i,
  revokedhostkeys: /^none$/i,
}

/**
 * Settings that say nothing of where a host is and who one is there: sharing of connections, what is asked of a terminal,
 * speed, forwarding of ports. Algorithms are chosen by the connection itself. Source: ssh_config(5) of OpenSSH 10.
 */
const WITHOUT_MEANING = `addkeystoagent batchmode casignaturealgorithms channeltimeout checkhostip ciphers
  clearallforwardings compression connectionattempts controlmaster controlpath controlpersist dynamicforward
  enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fingerprinthash forkafterauthentication
  forwardx11 forwardx11timeout forwardx11trusted gatewayports gssapiauthentication gssapiclientidentity
  gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity
  gssapitrustdns host hostbasedacceptedalgorithms hostkeyalgorithms ignoreunknown ipqos
  kbdinteractiveauthentication challengeresponseauthentication kbdinteractivedevices kexalgorithms localcommand
  localforward loglevel logverbose macs nohostauthenticationforlocalhost numberofpasswordprompts
  obscurekeystroketiming passwordauthentication permitlocalcommand permitremoteopen preferredauthentications
  pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication refuseconnection rekeylimit remotecommand
  remoteforward requesttty requiredrsasize securitykeyprovider sendenv serveralivecountmax serveraliveinterval
  sessiontype setenv stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive tunnel
  tunneldevice updatehostkeys verifyhostkeydns versionaddendum visualhostkey warnweakcrypto xauthlocation
  usekeychain protocol useroaming dsaauthentication rsaauthentication rhostsrsaauthentication cipher keepalive`
  .trim()
  .split(/\s+/)

const KNOWN = new Set([...FOLLOWED.split(' '), ...Object.keys(BEYOND), ...WITHOUT_MEANING])

/** Whether ssh has such a setting. */
export const isSshKeyword = (keyword: string): boolean => KNOWN.has(keyword)

/** Whether a setting asks for what only the system's ssh can do. */
export const needsOpenssh = ({ keyword, value }: { keyword: string; value: string }): boolean =>
  BEYOND[keyword] !== undefined && !BEYOND[keyword].test(value)

/** Settings that change nothing of how a host is reached here: a file that holds no others need not be asked. */
export const isWithoutMeaning = (keyword: string): boolean => WITHOUT_MEANING.includes(keyword)
