import type { Context } from '../callable.ts'
import type { WebRequest } from '../controller-answers.ts'
import { str } from '../repr.ts'
import type { Dict, Value } from '../value.ts'
import type { Lookup, LookupTerms } from './lookup.ts'
import { flagOption, mappingOption, textOption, textTerm, wholeOption } from './options.ts'

/** A text without what Python takes for white space at its end. */
const output = (context: Context, term: Value): string => {
  const command = str(term)
  return context.ask(`output ${command}`, controller => controller.output(command))
}

const linesOf = (text: string): string[] => {
  const lines = text.split(/\r\n|\r|\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

const requestOf = (url: string, options: Dict): WebRequest => {
  const [user, password] = [textOption(options, 'username'), textOption(options, 'password')]
  const redirects = textOption(options, 'follow_redirects')?.toLowerCase()
  return {
    url,
    headers: [
      ['User-Agent', textOption(options, 'http_agent') ?? 'ansible-httpget'],
      ...mappingOption(options, 'headers')
        .entries()
        .map(([name, value]): [string, string] => [str(name), str(value)]),
      ...(flagOption(options, 'force', false) ? [['Cache-Control', 'no-cache'] as [string, string]] : []),
    ],
    login: user === undefined ? undefined : { user, password: password ?? '' },
    timeout: Number(wholeOption(options, 'timeout') ?? 10n),
    checksCertificate: flagOption(options, 'validate_certs', true),
    followsRedirects: redirects !== 'no' && redirects !== 'none' && redirects !== 'false',
    usesProxy: flagOption(options, 'use_proxy', true),
    authorities: textOption(options, 'ca_path'),
  }
}

const url = (context: Context, { terms, options }: LookupTerms): Value[] =>
  terms.flatMap(term => {
    const request = requestOf(textTerm(term), options)
    const text = context.ask(`fetch ${JSON.stringify(request)}`, controller => controller.fetch(request))
    return flagOption(options, 'split_lines', true) ? linesOf(text) : [text]
  })

/** Lookups of what programs on the controller, and web servers, answer. */
export const programLookups: Record<string, Lookup> = {
  pipe: { run: (context, { terms }) => terms.map(term => output(context, term).trimEnd()) },
  lines: { run: (context, { terms }) => terms.flatMap(term => linesOf(output(context, term))) },
  url: { run: url },
}
