import {
  type AptLists,
  type AptSimulation,
  aptLists,
  aptSimulation,
  type Decide,
  defineModule,
  exec,
  isUnknown,
  later,
  open,
  type PackageAnswer,
  type PackageKeeper,
  packageKeeper,
  type Static,
  type Step,
  T,
  uses,
} from '../../src/module/module.ts'
import {
  type AptManner,
  aptGet,
  due,
  interruption,
  known,
  type PackageSpec,
  packageReach,
  packageReads,
  refusal,
  requestOf,
  type simulationRead,
  simulationReason,
  specsOf,
  strangePackage,
  touchedPackages,
  versionGot,
} from './lib/apt-packages.ts'
import type { Obstacle } from './lib/paths.ts'

const flag = (description: string, aliases: string[] = []) => T.Boolean({ default: false, description, aliases })

const args = T.Object(
  {
    name: T.Optional(
      T.Unsafe<string | string[]>({
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        aliases: ['pkg', 'package'],
        description:
          'Packages: a list, or a text with commas. `nginx=1.22*` is one version, in which * and ? stand for others; `libc6:i386` that of an architecture.',
      }),
    ),
    state: T.Enum(['present', 'latest', 'absent'], {
      default: 'present',
      description:
        'latest: as new as the lists of packages say that there is. What new lists tell is for the next run, unless cache_valid_time has them brought first.',
    }),
    update_cache: T.Optional(
      T.Boolean({
        aliases: ['update-cache'],
        description:
          'Bring the lists of packages first. With packages they are brought where something is to be installed; alone each time, which is no change.',
      }),
    ),
    cache_valid_time: T.Integer({
      default: 0,
      minimum: 0,
      description: 'For so many seconds lists are new enough. More than 0 means update_cache.',
    }),
    update_cache_retries: T.Integer({
      default: 5,
      minimum: 0,
      description: 'How often lists are tried to be brought again.',
    }),
    update_cache_retry_max_delay: T.Integer({
      default: 12,
      minimum: 0,
      description: 'Accepted: tries follow each other after two seconds.',
    }),
    upgrade: T.Enum(['no', 'yes', 'safe', 'full', 'dist'], {
      default: 'no',
      description: 'Bring all packages up to date: safe and yes take none away, full and dist do where it is needed.',
    }),
    install_recommends: T.Optional(
      T.Boolean({
        aliases: ['install-recommends'],
        description: 'Whether what packages recommend comes along. Default: as the host is set.',
      }),
    ),
    default_release: T.Optional(
      T.String({ aliases: ['default-release'], description: 'The release that counts first, as `apt-get -t`.' }),
    ),
    deb: T.Optional(T.String({ pattern: '^/', description: 'A file of a package on the host.' })),
    purge: flag('With absent: settings go too.'),
    autoremove: flag('Take away what came along with others and nothing needs any more.'),
    autoclean: flag('Take files of packages out of the cache that can no longer be had.'),
    clean: flag('Take all files of packages out of the cache.'),
    only_upgrade: flag('Bring up to date what is installed, and install nothing.'),
    force: flag('Allow downgrades, unsigned packages, held ones, and that essential ones go.'),
    force_apt_get: flag('Accepted: apt-get is what is used.'),
    allow_unauthenticated: flag('Allow packages that nobody has signed.', ['allow-unauthenticated']),
    allow_downgrade: flag('Allow versions that are older than what is there.', [
      'allow-downgrade',
      'allow_downgrades',
      'allow-downgrades',
    ]),
    allow_change_held_packages: flag('Allow to change packages that are held.'),
    fail_on_autoremove: flag('Fail where packages would go for that nothing needs them.'),
    auto_install_module_deps: T.Boolean({ default: true, description: 'Accepted: nothing is needed on the host.' }),
    dpkg_options: T.String({
      default: 'force-confdef,force-confold',
      description: 'Options of dpkg, with commas: by default settings that somebody has changed stay.',
    }),
    lock_timeout: T.Integer({
      default: 60,
      description: 'How many seconds others are waited for who have the lock; -1: for ever.',
    }),
  },
  { additionalProperties: false },
)
type Args = Static<typeof args>

const specsIn = ({ name = [] }: Args): PackageSpec[] => specsOf([name].flat())

const mannerOf = (args: Args): AptManner => ({
  ...(args.install_recommends === undefined ? {} : { recommends: args.install_recommends }),
  ...(args.default_release === undefined ? {} : { release: args.default_release }),
  purge: args.purge,
  autoremove: args.autoremove,
  onlyUpgrade: args.only_upgrade,
  options: args.dpkg_options.split(',').filter(Boolean),
  allows: [
    ...(args.force || args.allow_downgrade ? ['--allow-downgrades'] : []),
    ...(args.force || args.allow_unauthenticated ? ['--allow-unauthenticated'] : []),
    ...(args.force || args.allow_change_held_packages ? ['--allow-change-held-packages'] : []),
    ...(args.force ? ['--allow-remove-essential'] : []),
    ...(args.fail_on_autoremove ? ['--no-remove'] : []),
  ],
  lockTimeout: args.lock_timeout,
})

/** The one request that is made of apt, where it is not for packages by their names. */
const otherRequest = ({ upgrade, autoremove, deb, name }: Args, manner: AptManner): string[] | undefined => {
  if (deb !== undefined) return requestOf([{ name: deb }], 'present', manner)
  if (upgrade === 'full' || upgrade === 'dist') return [...manner.allows, 'dist-upgrade']
  if (upgrade !== 'no') return [...manner.allows, 'upgrade', '--with-new-pkgs']
  return autoremove && name === undefined ? ['autoremove'] : undefined
}

type Seen = {
  packages: PackageAnswer[]
  manager: PackageKeeper
  lists: AptLists | undefined
  simulation?: AptSimulation | undefined
}

/** What is asked of apt: nothing, where packages are as they are to be; nothing tells that of the latest but apt. */
const requestIn = (args: Args, { packages }: Pick<Seen, 'packages'>): string[] | undefined => {
  const [specs, manner] = [specsIn(args), mannerOf(args)]
  if (strangePackage(specs)) return undefined
  const other = otherRequest(args, manner)
  if (other !== undefined || specs.length === 0) return other
  const wanted = args.state === 'latest' ? specs : due(specs, args.state, packages)
  return wanted.length === 0 ? undefined : requestOf(wanted, args.state, manner)
}

/** Whether apt would do something that is not done by then. */
const isSomething = (simulation: AptSimulation, specs: PackageSpec[], packages: PackageAnswer[]): boolean => {
  if (simulation.is === 'refused') return false
  const isThere = ({ name, version }: { name: string; version: string }): boolean =>
    packages.some((one, i) => specs[i]?.name === name && one.exists && one.version === version)
  const left = simulation.gets.filter(one => !isThere(one))
  const isNamed = specs.some(({ name }) => simulation.gets.some(one => one.name === name))
  return isNamed
    ? left.some(({ name }) => specs.some(spec => spec.name === name))
    : left.length + simulation.removes.length > 0
}

/** Whether something is to be changed; where only apt can tell it is asked. */
const isDue = (args: Args, seen: Seen): boolean => {
  const [specs, { packages }] = [specsIn(args), seen]
  if (specs.length > 0 && due(specs, args.state, packages).length > 0) return true
  const asks = args.state === 'latest' || otherRequest(args, mannerOf(args)) !== undefined
  return asks && seen.simulation !== undefined && isSomething(seen.simulation, specs, packages)
}

type Renewal = { is: boolean; why: string }
/** Whether its lists are its affair at all. */
const renews = ({ update_cache, cache_valid_time }: Args): boolean => update_cache ?? cache_valid_time > 0

/** Whether the lists are brought first. */
const renewalOf = (args: Args, { lists }: Pick<Seen, 'lists'>, acts: boolean): Renewal => {
  const { cache_valid_time: valid } = args
  if (lists === undefined) return { is: false, why: '' }
  if (!lists.exists) return { is: true, why: 'there are no lists of packages' }
  if (valid > 0) return { is: lists.age! > valid, why: `the lists of packages are older than ${valid} s` }
  return { is: acts, why: '' }
}

/** Brought anew they are as old as that, though nothing in them may have changed; tried again, as servers fail now and then. */
const renewing = ({ update_cache_retries: retries, lock_timeout }: Args): Step =>
  exec(
    [
      'sh',
      '-c',
      `n=0; until apt-get -q -o DPkg::Lock::Timeout=${lock_timeout} -o APT::Update::Error-Mode=any update; do n=$((n+1)); [ $n -le ${retries} ] || exit 100; sleep 2; done
s=/var/lib/apt/periodic/update-success-stamp; [ -e "$s" ] || s=/var/lib/apt/lists; touch -c "$s"`,
    ],
    { env: { DEBIAN_FRONTEND: 'noninteractive' }, uncut: true },
  )

const RENEWED = ['apt-lists', 'tree:/var/lib/apt', 'tree:/var/cache/apt']
const tidying = ({ clean, autoclean }: Args): Step[] => [
  ...(autoclean ? [exec(['apt-get', '-y', 'autoclean'])] : []),
  ...(clean ? [exec(['apt-get', 'clean'])] : []),
]

const wordless = ({
  name,
  upgrade,
  deb,
  autoremove,
  update_cache,
  cache_valid_time,
  clean,
  autoclean,
}: Args): boolean =>
  name === undefined &&
  upgrade === 'no' &&
  deb === undefined &&
  !autoremove &&
  !update_cache &&
  cache_valid_time === 0 &&
  !clean &&
  !autoclean

const obstacleIn = (args: Args): Obstacle | undefined => {
  if (wordless(args))
    return { why: 'it names nothing to do', fix: 'name packages, upgrade, update_cache or autoremove' }
  const named = [args.name !== undefined, args.upgrade !== 'no', args.deb !== undefined].filter(Boolean).length
  if (named > 1) return { why: 'name, upgrade and deb are given together', fix: 'give one of them' }
  return strangePackage(specsIn(args))
}

const unchanged = (lists: AptLists | undefined) => ({
  cache_updated: false,
  cache_update_time: later(() => (lists === undefined ? 0 : lists.at)),
})

/**
 * What is promised of packages: that they are gone, or there, at the version that apt has told. Where it has not a name may be one for
 * others, and with new lists it may be another version.
 */
const promised = (args: Args, { packages }: Seen, simulation: AptSimulation | undefined, isRenewed: boolean) =>
  specsIn(args).map((spec, i) => {
    if (args.state === 'absent') return packages[i]!.exists ? { exists: false } : undefined
    const version = versionGot(simulation, spec)
    const isDue = due([spec], args.state, [packages[i]!]).length > 0
    if (version === undefined) return isDue ? { exists: open, version: open, providedBy: open } : undefined
    return { exists: true, version: isRenewed ? open : version }
  })

const reasonOf = (
  args: Args,
  simulation: AptSimulation | undefined,
  wanted: PackageSpec[],
  renewal: Renewal,
): string => {
  const names = wanted.map(({ name }) => name).join(', ')
  const is = wanted.length === 1 ? 'is' : 'are'
  const plain =
    wanted.length === 0 ? '' : `${names} ${is} ${args.state === 'absent' ? 'installed' : 'not as asked for'}`
  return [renewal.why, plain, simulation === undefined ? '' : simulationReason(simulation, wanted)]
    .filter(Boolean)
    .join(': ')
}

type Reads = {
  packages: ReturnType<typeof packageReads>
  lists: typeof aptLists | undefined
  simulation: ReturnType<typeof simulationRead> | undefined
}

const planOf = (args: Args, seen: Seen, { ok, change, fail }: Decide<Reads, typeof outputs>) => {
  const { lists } = seen
  const blocked = obstacleIn(args)
  if (blocked) return fail(blocked.why, blocked.fix)
  const acts = isDue(args, seen)
  const renewal = renewalOf(args, seen, acts)
  // Alone it has the lists brought each time; so it has for the latest, of which they tell.
  const isBringing =
    !renewal.is &&
    args.update_cache === true &&
    args.cache_valid_time === 0 &&
    (args.name === undefined || args.state === 'latest') &&
    !acts
  const tidy = tidying(args)
  if (!acts && !renewal.is && !isBringing && tidy.length === 0) return ok(unchanged(lists) as never)
  if (!acts && !renewal.is)
    return change({
      will: {},
      steps: [...(isBringing ? [renewing(args)] : []), ...tidy],
      reason: isBringing ? 'the lists of packages are brought every time' : 'the cache is tidied every time',
      touches: RENEWED,
      outputs: { cache_updated: false } as never,
      always: true,
      unchanging: true,
    })
  const halted = interruption(seen.manager)
  if (halted) return fail(halted.why, halted.fix)
  const simulation = acts ? known(() => seen.simulation) : undefined
  const refused = acts ? refusal(simulation, renewal.is) : undefined
  if (refused) return fail(refused.why, refused.fix)
  const manner = mannerOf(args)
  const request = acts ? requestIn(args, seen) : undefined
  const wanted = due(specsIn(args), args.state, seen.packages)
  const told = later(() => seen.simulation)
  return change({
    will: {
      packages: promised(args, seen, simulation, renewal.is),
      ...(renewal.is ? { lists: { exists: true, age: open, at: open } } : {}),
    } as never,
    steps: [...(renewal.is ? [renewing(args)] : []), ...(request ? [aptGet(request, manner)] : []), ...tidy],
    reason: reasonOf(args, renewal.is ? undefined : simulation, wanted, renewal),
    touches: [...(renewal.is ? RENEWED : []), ...(acts ? touchedPackages(simulation) : [])],
    ...(acts ? { reach: packageReach } : {}),
    // Nothing of it but its end tells that it is done.
    ...(acts && args.name === undefined ? { always: true } : {}),
    ...(acts && isUnknown(told) ? { details: told } : {}),
  } as never)
}

const outputs = T.Object({
  cache_updated: T.Boolean({ description: 'Whether the lists of packages were brought.' }),
  cache_update_time: T.Optional(T.Integer({ description: 'When they were brought last, in seconds since 1970.' })),
  rc: T.Optional(T.Integer({ description: 'The status of apt-get, where it ran.' })),
  stdout: T.Optional(T.String({ description: 'What apt-get printed, where it ran.' })),
  stderr: T.Optional(T.String({ description: 'What apt-get complained, where it ran.' })),
  stdout_lines: T.Optional(T.Array(T.String(), { description: 'The lines of `stdout`.' })),
  stderr_lines: T.Optional(T.Array(T.String(), { description: 'The lines of `stderr`.' })),
})

export default defineModule({
  name: 'apt',
  about:
    'Packages of Debian and its kind are installed, or not. The plan asks apt what it would do: versions, what comes along, what goes. What an installation changes on the host besides, but for homes, /srv, /opt and /usr/local, is known after it.',
  args,
  outputs,
  examples: [
    '- name: The web server is there\n  apt:\n    name: [nginx, certbot]\n    update_cache: true\n    cache_valid_time: 3600',
    '- name: No mail server\n  apt:\n    name: exim4\n    state: absent',
  ],
  reads: args => ({
    packages: packageReads(strangePackage(specsIn(args)) ? [] : specsIn(args)),
    lists: renews(args) ? aptLists : undefined,
    manager: packageKeeper,
  }),
  more: (args, seen) => {
    const request = requestIn(args, seen)
    return { simulation: request === undefined ? undefined : uses(aptSimulation(request)) }
  },
  touches: () => ['package:*', ...RENEWED],
  reach: () => packageReach,
  plan: (args, seen, decide) => planOf(args, seen as Seen, decide as never) as never,
})
