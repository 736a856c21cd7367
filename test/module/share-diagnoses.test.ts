import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type AnyModule, defineModule } from '../../src/module/define.ts'
import { T } from '../../src/module/schema.ts'
import { shareDiagnoses } from '../../src/module/share-diagnoses.ts'

const diagnoses = (word: string, cause: string) => (text: string) =>
  text.includes(word) ? { cause, fix: 'mend it', said: word } : undefined

const plain: AnyModule = defineModule({
  name: 'plain',
  about: '',
  args: T.Object({}),
  examples: [],
  reads: () => ({}),
  plan: (_, __, { ok }) => ok(),
})
const host = diagnoses('E', 'of the host')
const service = { ...plain, diagnose: host }
const own = { ...plain, diagnose: diagnoses('E42', 'of its own') }
const kubo = diagnoses('E4', 'of a program')

test('what one module brings explains the failure of another, the more telling first', () => {
  const shared = shareDiagnoses({ service, own }, [kubo, host]).service!
  assert.is(shared.diagnose!('E42')?.cause, 'of its own')
  assert.is(shared.diagnose!('E41')?.cause, 'of a program')
  assert.is(shared.diagnose!('E')?.cause, 'of the host')
  assert.is(shared.diagnose!('fine'), undefined)
})

test("a module's own words come before those of others", () => {
  const other = { ...plain, diagnose: diagnoses('E42', 'of another') }
  const shared = shareDiagnoses({ other, own }, [host])
  assert.equal(
    [shared.own!.diagnose!('E42')?.cause, shared.other!.diagnose!('E42')?.cause],
    ['of its own', 'of another'],
  )
})

test('a module that brings none is explained by none', () =>
  assert.is(shareDiagnoses({ plain, own }, [host]).plain!.diagnose, undefined))

test.run()
