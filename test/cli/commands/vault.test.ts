import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onTerminal } from '../on-terminal.ts'
import { bin, type Ran, sandbox, untilBegun } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
const at = (name: string): string => join(place.folder, name)
const text = (name: string): string => readFileSync(at(name), 'utf8')
const mode = (name: string): string => (statSync(at(name)).mode & 0o7777).toString(8)
const clear = 'db_password: correct horse\nport: 5432\n'

test.before.each(() => {
  for (const name of readdirSync(place.folder)) rmSync(at(name), { recursive: true })
  place.write('one', 'the first password\n')
  place.write('two', 'the second password\n')
  place.write('vars.yml', clear)
})

const vault = (args: string, env: NodeJS.ProcessEnv = {}): Ran => place.run(['vault', ...args.split(' ')], { env })
const done = (args: string, env: NodeJS.ProcessEnv = {}): string => {
  const ran = vault(args, env)
  assert.is(ran.code, 0, ran.err)
  return ran.out
}
const refused = (args: string, why: RegExp, env: NodeJS.ProcessEnv = {}): string => {
  const { code, out, err } = vault(args, env)
  assert.is(code, 4, out + err)
  assert.is(out, '')
  assert.match(err, why)
  assert.match(err, /fix: /)
  for (const secret of ['the first', 'the second', 'correct horse']) assert.not.match(err, secret)
  return err
}
const piped = (args: string, input: string): Ran => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'vault', ...args.split(' ')], {
    cwd: place.folder,
    input,
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}
const left = (): string[] => readdirSync(place.folder).filter(name => name.startsWith('.'))

test('what is encrypted is for its user alone, is shown, and comes back as it was', () => {
  assert.is(done('encrypt vars.yml --vault-password-file one'), '')
  assert.match(text('vars.yml'), /^\$ANSIBLE_VAULT;1\.1;AES256\n([0-9a-f]{80}\n)+/)
  assert.is(mode('vars.yml'), '600')
  assert.is(done('view vars.yml --vault-password-file one'), clear)
  assert.is(done('decrypt vars.yml --vault-password-file one --output -'), clear)
  assert.is(done('decrypt vars.yml --vault-password-file one --output clear.yml'), '')
  assert.is(text('clear.yml'), clear)
  assert.is(mode('clear.yml'), '600')
  done('decrypt vars.yml --vault-pass-file one')
  assert.is(text('vars.yml'), clear)
  assert.equal(left(), [])
})

test('what a link leads to is encrypted, and stays where it is', () => {
  mkdirSync(at('real'))
  place.write('real/vars.yml', clear)
  rmSync(at('vars.yml'))
  symlinkSync('real/vars.yml', at('vars.yml'))
  done('encrypt vars.yml --vault-password-file one')
  assert.match(text('real/vars.yml'), /^\$ANSIBLE_VAULT/)
  assert.is(done('view vars.yml --vault-password-file one'), clear)
})

test('standard input goes to standard output', () => {
  for (const files of ['', ' -']) {
    const sealed = piped(`encrypt --vault-password-file one${files}`, clear)
    assert.is(sealed.code, 0, sealed.err)
    assert.is(piped(`decrypt --vault-password-file one${files}`, sealed.out).out, clear)
    assert.is(piped('view - --vault-password-file one', sealed.out).out, clear)
  }
})

test('where one of several files is refused, none of them has changed', () => {
  place.write('other.yml', clear)
  done('encrypt other.yml --vault-password-file one')
  const before = text('other.yml')
  refused('encrypt vars.yml other.yml --vault-password-file one', /other\.yml is a vault already/)
  assert.is(text('vars.yml'), clear)
  refused('decrypt other.yml vars.yml --vault-password-file one', /vars\.yml is no vault/)
  assert.is(text('other.yml'), before)
  refused('rekey other.yml vars.yml --vault-password-file one --new-vault-password-file two', /vars\.yml is no vault/)
  assert.is(text('other.yml'), before)
  refused('encrypt vars.yml one --vault-password-file two --output x', /--output is for one file/)
})

test('a wrong password, a missing file of one, an empty one: nothing is written', () => {
  done('encrypt vars.yml --vault-password-file one')
  const before = text('vars.yml')
  place.write('empty', '\n')
  refused(
    'decrypt vars.yml --vault-password-file two',
    /No vault password that was given opens this vault.*vars\.yml:1/s,
  )
  refused('decrypt vars.yml --vault-password-file nowhere', /There is no such file/)
  refused('decrypt vars.yml --vault-password-file empty', /There is no vault password in/)
  assert.match(vault('view nowhere.yml --vault-password-file one').err, 'There is no file nowhere.yml')
  assert.is(text('vars.yml'), before)
  assert.equal(left(), [])
})

test('of several passwords a label says which one encrypts', () => {
  const both = '--vault-id dev@one --vault-id prod@two'
  refused(`encrypt vars.yml ${both}`, /several vault passwords.*dev, prod/s)
  refused(`encrypt vars.yml ${both} --encrypt-vault-id test`, /no vault password of the label "test"/)
  done(`encrypt vars.yml ${both} --encrypt-vault-id prod`)
  assert.match(text('vars.yml'), /^\$ANSIBLE_VAULT;1\.2;AES256;prod\n/)
  assert.is(done(`view vars.yml ${both}`), clear)
  assert.is(done('view vars.yml --vault-id two'), clear, 'labels are names: another opens it too')
  const settings = { ANSIBLE_VAULT_ID_MATCH: 'yes' }
  refused('view vars.yml --vault-id dev@two', /No vault password is labelled "prod"/, settings)
  assert.is(done('view vars.yml --vault-id prod@two', settings), clear)
})

test('the environment and ansible.cfg say where passwords are', () => {
  done('encrypt vars.yml --vault-password-file one')
  assert.is(done('view vars.yml', { ANSIBLE_VAULT_PASSWORD_FILE: 'one' }), clear)
  assert.is(done('view vars.yml', { ANSIBLE_VAULT_IDENTITY_LIST: 'a@two, b@one' }), clear)
  mkdirSync(at('conf'))
  place.write('conf/ansible.cfg', '[defaults]\nvault_password_file = ../one\n')
  assert.is(done('view vars.yml', { ANSIBLE_CONFIG: 'conf/ansible.cfg' }), clear)
  place.write('conf/ansible.cfg', '[defaults]\nvault_identity_list = a@two,b@one\nvault_encrypt_identity = b\n')
  place.write('more.yml', clear)
  done('encrypt more.yml', { ANSIBLE_CONFIG: 'conf/ansible.cfg' })
  assert.match(text('more.yml'), /^\$ANSIBLE_VAULT;1\.2;AES256;b\n/)
  const salted = { ANSIBLE_VAULT_ENCRYPT_SALT: 'salt', ANSIBLE_VAULT_PASSWORD_FILE: 'one' }
  assert.is(done('encrypt one --output -', salted), done('encrypt one --output -', salted))
})

test('a file that may be run prints the password, a client is told the label, and a file may be a vault itself', () => {
  place.write('print', '#!/bin/sh\necho the first password\n')
  place.write('ask-client.sh', '#!/bin/sh\n[ "$1 $2" = "--vault-id prod" ] || exit 2\necho the second password\n')
  place.write('fails', '#!/bin/sh\necho it is closed >&2\nexit 7\n')
  for (const name of ['print', 'ask-client.sh', 'fails']) chmodSync(at(name), 0o700)
  done('encrypt vars.yml --vault-password-file print')
  assert.is(done('view vars.yml --vault-password-file one'), clear)
  done('rekey vars.yml --vault-password-file one --new-vault-id prod@ask-client.sh')
  assert.is(done('view vars.yml --vault-password-file two'), clear)
  refused('view vars.yml --vault-id dev@ask-client.sh', /has no vault password of the label "dev"/)
  refused('view vars.yml --vault-password-file fails', /it is closed.*gave no vault password.*ended with 7/s)
  done('encrypt two --vault-password-file one')
  assert.is(done('view vars.yml --vault-id a@one --vault-id b@two'), clear)
})

test('a source that gives nothing is passed over with a warning as long as another gives one', () => {
  done('encrypt vars.yml --vault-password-file one')
  const { code, out, err } = vault('view vars.yml --vault-id a@nowhere --vault-id b@one')
  assert.is(code, 0, err)
  assert.is(out, clear)
  assert.match(err, /warning: .*nowhere/)
})

test('a new password: the label is that of the new one, owner and mode stay', () => {
  done('encrypt vars.yml --vault-password-file one')
  chmodSync(at('vars.yml'), 0o644)
  done('rekey vars.yml --vault-password-file one --new-vault-id next@two')
  assert.match(text('vars.yml'), /^\$ANSIBLE_VAULT;1\.2;AES256;next\n/)
  assert.is(mode('vars.yml'), '644')
  assert.is(done('view vars.yml --vault-password-file two'), clear)
  refused('view vars.yml --vault-password-file one', /opens this vault/)
})

/** An editor that is a line of sh; `$1` is the file. */
const editor = (line: string): NodeJS.ProcessEnv => {
  place.write('editor', `#!/bin/sh\n${line}\n`)
  chmodSync(at('editor'), 0o700)
  return { EDITOR: at('editor') }
}

test('what is edited is encrypted again under the label that it had; what it lay in meanwhile is private, and gone', () => {
  done('encrypt vars.yml --vault-id prod@one')
  chmodSync(at('vars.yml'), 0o640)
  const look = 'stat -c "%a %n" "$1" "$(dirname "$1")" >seen; cp "$1" was; sed -i s/horse/cart/ "$1"'
  done('edit vars.yml --vault-id prod@one', editor(look))
  assert.is(text('was'), clear)
  assert.is(done('view vars.yml --vault-password-file one'), clear.replace('horse', 'cart'))
  assert.match(text('vars.yml'), /^\$ANSIBLE_VAULT;1\.2;AES256;prod\n/)
  assert.is(mode('vars.yml'), '640')
  const [file, folder] = text('seen').trim().split('\n')
  assert.match(file!, /^600 .*\/vars\.yml$/)
  assert.match(folder!, /^700 /)
  assert.not(existsSync(folder!.slice(4)))
})

test('what is not changed is not written, and an editor that fails changes nothing', () => {
  done('encrypt vars.yml --vault-password-file one')
  const before = text('vars.yml')
  done('edit vars.yml --vault-password-file one', editor('true'))
  assert.is(text('vars.yml'), before)
  refused(
    'edit vars.yml --vault-password-file one',
    /The editor .* ended with 3/,
    editor('echo x >"$1"; echo "$1" >seen; exit 3'),
  )
  assert.is(text('vars.yml'), before)
  assert.not(existsSync(text('seen').trim()))
})

for (const signal of ['SIGTERM', 'SIGHUP'] as const)
  test(`${signal} while somebody edits: the text is gone, the vault is as it was`, async () => {
    done('encrypt vars.yml --vault-password-file one')
    const before = text('vars.yml')
    const env = editor('echo changed >"$1"; echo "$1" >seen.new; mv seen.new seen; exec sleep 60')
    const { child, ran } = place.begin(['vault', 'edit', 'vars.yml', '--vault-password-file', 'one'], env)
    await untilBegun(ran, () => existsSync(at('seen')))
    const file = text('seen').trim()
    assert.is(readFileSync(file, 'utf8'), 'changed\n')
    child.kill(signal)
    const { code, err } = await ran
    assert.is(code, 130, err)
    assert.not(existsSync(join(file, '..')))
    assert.is(text('vars.yml'), before)
  })

test('create: a new vault of what is typed, and of no file that is there', () => {
  refused('create vars.yml --vault-password-file one', /vars\.yml is there already.*vault edit/s)
  refused('create new.yml --vault-password-file one', /no terminal.*--skip-tty-check/s, editor('true'))
  done('create sub/new.yml --skip-tty-check --vault-password-file one', editor('echo fresh >"$1"'))
  assert.is(done('view sub/new.yml --vault-password-file one'), 'fresh\n')
  assert.is(mode('sub/new.yml'), '600')
})

test('texts become values of YAML, each with its name', () => {
  const out = done('encrypt_string --vault-id prod@one -n first -n second aaa bbb ccc')
  const values = out.split(/(?=^(?:\w+: )?!vault \|$)/m)
  assert.equal(
    values.map(one => one.split('\n')[0]),
    ['first: !vault |', 'second: !vault |', '!vault |'],
  )
  for (const one of values) assert.match(one, /^.*!vault \|\n( {10}\S+\n){2,}$/)
  const { out: vault } = piped(
    'decrypt --vault-password-file one',
    values[1]!
      .split('\n')
      .slice(1)
      .map(line => line.trim())
      .join('\n'),
  )
  assert.is(vault, 'bbb')
  const fromStdin = piped('encrypt_string --vault-password-file one --stdin-name token', 'typed\n')
  assert.match(fromStdin.out, /^token: !vault \|\n {10}\$ANSIBLE_VAULT;1\.1;AES256\n/)
  done('encrypt_string --vault-password-file one -n x aaa --output x.yml')
  assert.match(text('x.yml'), /^x: !vault \|\n/)
  assert.is(mode('x.yml'), '600')
  refused('encrypt_string --vault-password-file one --prompt -', /--prompt asks on the terminal/)
})

/** Without a terminal of its own, as in a job. */
const detached = (args: string): Ran => {
  const { status, stdout, stderr } = spawnSync('setsid', ['-w', process.execPath, bin, 'vault', ...args.split(' ')], {
    cwd: place.folder,
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

test('without a terminal, what would be asked for is refused with the options and the variable that say it', () => {
  for (const args of ['encrypt vars.yml', 'view vars.yml -J', 'view vars.yml --vault-id dev@prompt']) {
    const { code, err } = detached(args)
    assert.is(code, 4, err)
    assert.match(err, /no terminal.*--vault-password-file.*ANSIBLE_VAULT_PASSWORD_FILE/s)
  }
  assert.is(text('vars.yml'), clear)
})

test('on a terminal it is asked for, a new one twice, and shown never', async () => {
  const line = (args: string): string => `${process.execPath} ${bin} vault ${args}`
  const twice = await onTerminal(place.folder, line('encrypt vars.yml'), [
    ['New vault password: ', 'typed-by-hand\r'],
    ['Once more: ', 'typed-by-hand\r'],
  ])
  assert.is(twice.code, 0, twice.screen)
  const other = await onTerminal(place.folder, line('encrypt_string x'), [
    ['New vault password: ', 'typed-by-hand\r'],
    ['Once more: ', 'typed-otherwise\r'],
  ])
  assert.is(other.code, 4, other.screen)
  assert.match(other.screen, 'not the same')
  const labelled = await onTerminal(place.folder, line('view vars.yml --vault-id prod@prompt | cat'), [
    ['Vault password (prod): ', 'typed-by-hand\r'],
  ])
  assert.match(labelled.screen, 'correct horse')
  const prompted = await onTerminal(place.folder, line('encrypt_string -p --vault-password-file one | cat'), [
    ['Name of the variable', 'token\r'],
    ['Text (not shown): ', 'hidden-text\r'],
  ])
  assert.match(prompted.screen, /token: !vault \|/)
  for (const { screen } of [twice, other, labelled, prompted]) assert.not.match(screen, /typed-|hidden-text/)
})

const ansibleVault = process.env.RUNBOOK_ANSIBLE_VAULT ?? 'ansible-vault'
const isThere = spawnSync(ansibleVault, ['--version']).status === 0
const withAnsible = isThere
  ? test
  : (name: string, _inside: () => void) => test.skip(`${name} (this machine has no ansible-vault)`)

withAnsible('ansible-vault opens what runbook makes, and the other way round', () => {
  const theirs = (args: string): string => {
    const { status, stdout, stderr } = spawnSync(ansibleVault, args.split(' '), { cwd: place.folder, encoding: 'utf8' })
    assert.is(status, 0, stderr)
    return stdout
  }
  done('encrypt vars.yml --vault-id prod@one')
  assert.is(theirs('decrypt vars.yml --vault-id prod@one --output -'), clear)
  theirs('rekey vars.yml --vault-id prod@one --new-vault-id next@two')
  assert.is(done('view vars.yml --vault-id next@two'), clear)
  done('rekey vars.yml --vault-id next@two --new-vault-password-file one')
  assert.is(theirs('view vars.yml --vault-password-file one'), clear)
})

test.run()
