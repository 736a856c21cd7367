import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { systemFix } from '../../src/core/system-fix.ts'

test('a program that is not installed is told from a file that is not found, and from a tool that steps need', () => {
  assert.match(systemFix('/bin/sh: 1: eval: nosuch: not found')!, 'install that program in an earlier task')
  assert.match(systemFix('bash: line 1: nosuch: command not found')!, 'install that program in an earlier task')
  assert.match(systemFix('sh: 1: mktemp: not found')!, 'coreutils and tar')
  assert.is(systemFix('error: key not found'), undefined)
})

test.run()
