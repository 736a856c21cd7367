import { ansibleDelimiters } from '../jinja/delimiters.ts'
import { isWrittenAsTemplate } from '../jinja/overrides.ts'

/** Whether a text holds an expression or a statement of templates. */
export const hasBraces = (text: string): boolean => isWrittenAsTemplate(text, ansibleDelimiters)
