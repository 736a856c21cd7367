import { type Static, T } from '../../../src/module/module.ts'
import { packageNames } from './package-names.ts'

/** How often getting lists is tried. */
export const updateArguments = {
  update_cache_retries: T.Integer({
    default: 5,
    minimum: 1,
    description: 'How often getting the lists is tried.',
  }),
  update_cache_retry_max_delay: T.Integer({
    default: 12,
    minimum: 0,
    description: 'The longest wait between two of these, in seconds; it doubles from 1.',
  }),
}

/** Ansible's arguments of `apt`, as far as they do not say what is to be there. */
const aptOptions = {
  update_cache: T.Optional(
    T.Boolean({
      aliases: ['update-cache'],
      description:
        'Get the lists of packages first. By itself that is a change where it makes their time another one; beside packages it is none.',
    }),
  ),
  cache_valid_time: T.Integer({
    default: 0,
    minimum: 0,
    description:
      'Seconds for which the lists are good: younger ones are not got again. More than 0 means `update_cache`.',
  }),
  ...updateArguments,
  install_recommends: T.Optional(
    T.Boolean({
      aliases: ['install-recommends'],
      description: 'Whether recommended packages come along. Not given: as the host is set up.',
    }),
  ),
  default_release: T.Optional(
    T.String({
      pattern: '^[A-Za-z0-9./=*_-]+$',
      aliases: ['default-release'],
      description: 'The release that packages are taken from, as with `-t`.',
    }),
  ),
  purge: T.Boolean({ default: false, description: 'With `absent` or `autoremove`: their configuration goes too.' }),
  autoremove: T.Boolean({
    default: false,
    description: 'What came along once and is needed no more goes too; by itself that is all that is done.',
  }),
  autoclean: T.Boolean({ default: false, description: 'Remove archives that can no longer be downloaded.' }),
  clean: T.Boolean({ default: false, description: 'Remove all downloaded archives first; by itself always a change.' }),
  only_upgrade: T.Boolean({ default: false, description: 'Packages that are not there are left out.' }),
  fail_on_autoremove: T.Boolean({ default: false, description: 'Fail where packages would have to go.' }),
  allow_downgrade: T.Boolean({
    default: false,
    aliases: ['allow-downgrade', 'allow_downgrades', 'allow-downgrades'],
    description: 'A lower version than the installed one may be named.',
  }),
  allow_change_held_packages: T.Boolean({ default: false, description: 'Packages on hold may change.' }),
  allow_unauthenticated: T.Boolean({
    default: false,
    aliases: ['allow-unauthenticated'],
    description: 'Packages that nobody has signed are taken.',
  }),
  force: T.Boolean({
    default: false,
    description: 'apt-get is given `--force-yes`: unsigned packages, downgrades, whatever is asked.',
  }),
  dpkg_options: T.String({
    default: 'force-confdef,force-confold',
    pattern: '^[a-z,=-]*$',
    description: 'Options for dpkg, with commas between and without the dashes.',
  }),
  policy_rc_d: T.Optional(
    T.Integer({
      description:
        'What /usr/sbin/policy-rc.d ends with meanwhile, as 101: then nothing is started. What is there is put back.',
    }),
  ),
  lock_timeout: T.Integer({
    default: 60,
    minimum: 0,
    description: 'How many seconds are waited for somebody else who installs packages.',
  }),
  force_apt_get: T.Boolean({
    default: false,
    description: 'Accepted, for playbooks that have it: apt-get is used always.',
  }),
  auto_install_module_deps: T.Boolean({
    default: true,
    description: 'Accepted, for playbooks that have it: nothing has to be installed for this module.',
  }),
}

export const aptArguments = T.Object(
  {
    name: packageNames(
      'Packages: `nginx`, `nginx=1.22*`, `libc6:arm64`; a list, or a text with commas. `*` with `latest`: all that are there.',
      ['package', 'pkg'],
    ),
    state: T.Enum(['present', 'latest', 'absent', 'build-dep', 'fixed'], {
      default: 'present',
      description:
        'Whether they are to be there, in the newest version, or not; `build-dep`: what building them takes; `fixed`: there, and what is broken is made good.',
    }),
    upgrade: T.Unsafe<'no' | 'yes' | 'safe' | 'full' | 'dist' | boolean>({
      enum: ['no', 'yes', 'safe', 'full', 'dist', true, false],
      default: 'no',
      description:
        'All that is there in the newest version. `yes`, `safe`: nothing goes for it; `full`, `dist`: what is in the way goes. By apt-get, also where aptitude is there.',
    }),
    deb: T.Optional(
      T.String({ description: 'The path of a .deb on the host, to be installed with what it depends on.' }),
    ),
    ...aptOptions,
  },
  { additionalProperties: false },
)
export type AptArguments = Static<typeof aptArguments>
