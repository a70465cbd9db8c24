import { XMLParser } from 'fast-xml-parser';
import { preprocess } from '../fake-freeswitch/preprocessor';

export const NOT_FOUND =
  '<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>';
export const USER = { section: 'directory', tag_name: 'domain', key_name: 'name', key: 'id' };

/** What FreeSWITCH reads in an answer, after its preprocessor: the values of params and variables by name. */
export function read(xml: string): {
  id: string;
  domain: string;
  cacheable?: string;
  values: Record<string, string>;
} {
  const { text, executed } = preprocess(xml, { domain: 'global.test', hostname: 'secret-host' });
  expect(executed).toEqual([]);
  expect(text).toBe(xml);
  const options = {
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    htmlEntities: true,
  };
  const isArray = (name: string): boolean => name === 'param' || name === 'variable';
  const parsed = new XMLParser({ ...options, isArray }).parse(text) as {
    document: {
      section: {
        domain: {
          name: string;
          user: {
            id: string;
            cacheable?: string;
            params: { param: { name: string; value: string }[] };
            variables: { variable?: { name: string; value: string }[] };
          };
        };
      };
    };
  };
  const { domain } = parsed.document.section;
  const pairs = [...domain.user.params.param, ...(domain.user.variables.variable ?? [])];
  return {
    id: domain.user.id,
    domain: domain.name,
    ...(domain.user.cacheable !== undefined && { cacheable: domain.user.cacheable }),
    values: Object.fromEntries(pairs.map(({ name, value }) => [name, value])),
  };
}
