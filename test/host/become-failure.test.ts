import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Become } from '../../src/core/transport.ts'
import { becomeFailure, isRefusal } from '../../src/host/become-failure.ts'
import type { Target } from '../../src/settings/target.ts'

const target: Target = { name: 'node0', host: 'h', port: 22, user: 'deploy', knownHosts: [], timeoutSeconds: 10 }
const [sudo, su, doas] = (['sudo', 'su', 'doas'] as const).map((method): Become => ({ user: 'web', method })) as [
  Become,
  Become,
  Become,
]
const given = (become: Become): Become => ({ ...become, password: 'secret' })

/** What is said when one is refused, the words that are told of it, and what mends it. */
const REFUSALS: [become: Become, said: string, why: string, fix: string][] = [
  [sudo, 'sudo: a password is required', 'password is required', 'deploy ALL=(web) NOPASSWD: ALL'],
  [sudo, 'sudo: a password is required', 'password is required', 'ansible_become_password'],
  [
    given(sudo),
    "Sorry, user deploy is not allowed to execute '/bin/sh -c printf it; echo that' as web on node0.",
    "not allowed to execute '/bin/sh' as web",
    'sudo -l',
  ],
  [given(sudo), 'deploy is not in the sudoers file.', 'not in the sudoers', 'deploy ALL=(web) ALL'],
  [sudo, 'sudo: unknown user web', 'unknown user', 'there is no user web there'],
  [sudo, 'sudo: account validation failure, is your account locked?', 'locked', 'chage -l deploy'],
  [sudo, 'sudo: Account or password is expired, reset your password and try again', 'expired', 'chage -l deploy'],
  [sudo, 'runbook: there is no script here', 'no script', 'Defaults:deploy !requiretty'],
  [sudo, 'sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the nosuid option', 'nosuid', 'nosuid'],
  [{ ...sudo, exe: '/opt/sudo' }, 'sh: 1: exec: /opt/sudo: not found', 'not found', 'correct become_exe'],
  [sudo, "sudo: invalid option -- 'Q'\nusage: sudo -h | -K | -k | -V", 'invalid option', 'become_flags'],
  [su, 'su: Permission denied', 'Permission denied', 'pam_wheel'],
  [
    su,
    'su: user web does not exist or the user entry does not contain all the required fields',
    'exist',
    'no user web',
  ],
  [su, 'su: Authentication token is no longer valid; new one required', 'no longer valid', 'chage'],
  [su, 'su: must be suid to work properly', 'suid', 'chmod 4755 /bin/su'],
  [su, 'This account is currently not available.', 'not available', 'no login shell'],
  [doas, 'doas: Operation not permitted', 'not permitted', 'permit nopass deploy as web'],
  [given(doas), 'doas: Operation not permitted', 'not permitted', 'permit deploy as web'],
  [doas, 'doas: Authorization required', 'Authorization required', '-K'],
  [doas, 'doas: doas is not enabled, /etc/doas.conf: No such file or directory', 'not enabled', 'make /etc/doas.conf'],
  [doas, 'sh: 1: exec: doas: not found', 'not found', 'install doas'],
  [doas, 'doas: unknown user', 'unknown user', 'no user web'],
]

test('each refusal is told in the words of who refuses, with what mends that one', () => {
  for (const [become, said, why, fix] of REFUSALS) {
    const failure = becomeFailure(target, become, `Welcome; use sudo or su here.\n${said}\n`)
    assert.is(failure.reason, 'host-become')
    assert.is(failure.what, 'deploy cannot become web on node0')
    assert.match(failure.why!, why, said)
    assert.match(failure.fix!, fix, said)
    assert.ok(isRefusal(become, said), said)
  }
})

test('a greeting that speaks of sudo, and a warning, are no refusal', () => {
  for (const said of ['To run a command as administrator, use "sudo <command>".', 'sudo: unable to resolve host node0'])
    assert.not(isRefusal(sudo, said))
})

test.run()
