/** Methods that are named alike in many controllers, and what they do it to. */
const VERBS: Record<string, (noun: string) => string> = {
  list: (noun) => `list${noun}`,
  detail: (noun) => `get${singular(noun)}`,
  one: (noun) => `get${singular(noun)}`,
  get: (noun) => `get${singular(noun)}`,
  create: (noun) => `create${singular(noun)}`,
  update: (noun) => `update${singular(noun)}`,
  delete: (noun) => `delete${singular(noun)}`,
};

/**
 * How programs call an operation: `listExtensions`, `createExtension`; a method whose name says it all
 * (`changePassword`) keeps it. It must be unique: where it would not be, `@ApiOperation` names another.
 * @param controller a class name, `ExtensionsController`
 */
export function operationId(controller: string, method: string): string {
  const verb = Object.hasOwn(VERBS, method) ? VERBS[method] : undefined;
  return verb?.(controller.replace(/Controller$/, '')) ?? method;
}

function singular(noun: string): string {
  return noun.replace(/s$/, '');
}
