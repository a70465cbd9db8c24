import { XMLParser, XMLValidator } from 'fast-xml-parser';

export type Pair = [name: string, value: string];

/** A user as FreeSWITCH holds it after merging in its group and its domain. */
export interface DirectoryUser {
  id: string;
  domain: string;
  numberAlias: string | null;
  type: string | null;
  cacheable: string | null;
  params: Pair[];
  variables: Pair[];
}

interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
});

/** @throws Error when the text is not one well-formed document. */
function parseXml(text: string): Element {
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new Error(`not XML: ${valid.err.msg}`);
  const [root] = elements(parser.parse(text) as OrderedNode[]);
  if (!root) throw new Error('not XML: no root');
  return root;
}

type OrderedNode = Record<string, OrderedNode[] | Record<string, string>>;

function elements(nodes: OrderedNode[]): Element[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ':@');
    if (name === undefined || name === '#text' || name.startsWith('?')) return [];
    const attributes = (node[':@'] ?? {}) as Record<string, string>;
    return [{ name, attributes, children: elements(node[name] as OrderedNode[]) }];
  });
}

const same = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();
const all = (parent: Element, name: string): Element[] =>
  parent.children.filter((child) => child.name === name);
const first = (parent: Element, name: string): Element | undefined => all(parent, name)[0];

/**
 * Finds the user in an xml_curl answer as FreeSWITCH does (switch_xml_locate_user_merged): names are
 * compared without case, by id or number-alias, in the groups and then in the domain.
 * @returns null when the answer holds no such user. @throws Error when it is no XML.
 */
export function findUser(text: string, domainName: string, userName: string): DirectoryUser | null {
  const root = parseXml(text);
  const result = all(root, 'section').find((section) => same(section.attributes['name'], 'result'));
  if (result && same(first(result, 'result')?.attributes['status'], 'not found')) return null;
  const section = all(root, 'section').find((each) => same(each.attributes['name'], 'directory'));
  const domain = section && all(section, 'domain').find((each) => same(each.attributes['name'], domainName));
  if (!domain) return null;
  const groups = first(domain, 'groups');
  for (const group of groups ? all(groups, 'group') : []) {
    const users = first(group, 'users');
    const user = users && userIn(users, userName);
    if (user) return merged(user, [group, domain], domainName);
  }
  const user = userIn(first(domain, 'users') ?? domain, userName);
  return user ? merged(user, [domain], domainName) : null;
}

function userIn(parent: Element, userName: string): Element | undefined {
  return all(parent, 'user').find(({ attributes }) => {
    // FreeSWITCH tests the three as alternatives: a type that is not `pointer` matches any name.
    const typed = attributes['type'] !== undefined && !same(attributes['type'], 'pointer');
    return same(attributes['id'], userName) || same(attributes['number-alias'], userName) || typed;
  });
}

function merged(user: Element, parents: Element[], domain: string): DirectoryUser {
  const pairs = (container: string, tag: string): Pair[] => {
    const found: Pair[] = [];
    for (const source of [user, ...parents]) {
      const box = first(source, container);
      for (const { attributes } of box ? all(box, tag) : []) {
        const name = attributes['name'] ?? '';
        const taken = source !== user && found.some(([each]) => same(each, name));
        if (!taken) found.push([name, attributes['value'] ?? '']);
      }
    }
    return found;
  };
  return {
    id: user.attributes['id'] ?? '',
    domain,
    numberAlias: user.attributes['number-alias'] ?? null,
    type: user.attributes['type'] ?? null,
    cacheable: user.attributes['cacheable'] ?? null,
    params: pairs('params', 'param'),
    variables: pairs('variables', 'variable'),
  };
}
