import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { shellSigns } from '../../../../modules/builtin/lib/shell-signs.ts'

const commands = (line: string): string => shellSigns(line).commands.join(' ')
const words = (line: string): string => shellSigns(line).words.join(' ')

test('signs between commands, and where output goes', () => {
  for (const [line, signs] of [
    ['echo hi > /tmp/redir && date', '> &&'],
    ['echo hi >/tmp/f', '>'],
    ['a 2>&1', '2>&1'],
    ['a 2> /dev/null', '2>'],
    ['a >> b < c', '>> <'],
    ['a | b || c', '| ||'],
    ['cd /srv; make', ';'],
    ['cd /srv ; make &', '; &'],
  ] as const)
    assert.is(commands(line), signs, line)
})

test('what a shell would put something else for', () => {
  for (const [line, signs] of [
    ['echo $HOME', '$HOME'],
    ['echo a$' + '{B}c', '$' + '{'],
    ['echo $(date)', '$('],
    ['echo `date`', '`'],
    ['rm /tmp/*', '*'],
    ['ls ~', '~'],
    ['ls ~/x', '~'],
    ['echo a|wc', '|'],
    ['echo a>b', '>'],
  ] as const)
    assert.is(words(line), signs, line)
})

test('no alarm for what is in quotes or escaped, nor for what programs take themselves', () => {
  for (const line of [
    `grep 'a > b && c' "$HOME *"`,
    `echo '>' "&&" \\; \\$HOME a\\*b`,
    'find /srv -name "*.log" -exec rm {} \\;',
    'find /srv -type f -exec chmod 644 {} ;',
    'curl http://localhost/?a=1&b=2',
    'date +%s%%',
    'echo it costs 5$ a~b',
    'psql -c "select 1; select 2" --x=a;b',
    "awk '{ print $1 }' /etc/passwd",
    'echo "it\'s > here"',
  ])
    assert.equal(shellSigns(line), { commands: [], words: [] }, line)
})

test.run()
