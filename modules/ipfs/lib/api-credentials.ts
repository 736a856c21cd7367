import { program, type Query, quote, sha256 } from '../../../src/module/module.ts'

/** The member of service.json that holds them. */
export const credentialsMember = 'api.restapi.basic_auth_credentials'

/** As they stand in service.json, in one order: a line each. */
const written = (credentials: Record<string, string>): string =>
  Object.entries(credentials)
    .map(([user, password]) => `${JSON.stringify(user)}: ${JSON.stringify(password)}\n`)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .join('')

const held = `awk '/^ *"restapi": *[{]/ { match($0, /^ */); own = RLENGTH; inside = 1; next }
inside && /^ *[}]/ { match($0, /^ */); if (RLENGTH <= own) inside = 0 }
inside && /"basic_auth_credentials": *[{]/ { users = 1; next }
/^ *[}]/ { users = 0 }
users { sub(/^ */, ""); sub(/,? *$/, ""); print }'`

/**
 * Whether service.json holds these passwords and no others. They are compared by their digest, which is in no answer:
 * one of a password that people remember can be guessed from it.
 */
export const credentialState = (file: string, wanted: Record<string, string>): Query<{ are: 'as given' | 'other' }> => {
  const digest = sha256(written(wanted))
  return program({
    key: `member:${file}#${credentialsMember}`,
    sh: `${held} ${quote(file)} 2>/dev/null | LC_ALL=C sort | sha256sum`,
    looks: [`member:${file}#${credentialsMember}`],
    parse: ({ stdout }) => ({ are: stdout.toString().startsWith(digest) ? 'as given' : 'other' }),
    subject: `${file} passwords of the API`,
  })
}
