import { element, type Xml, xmlDocument } from '../../freeswitch/xml';

/** A team as FreeSWITCH's group: its members by number, each of which FreeSWITCH then looks up. */
export function groupXml(name: string, domain: string, numbers: readonly string[]): Xml {
  const members = numbers.map((id) => element('user', { id, type: 'pointer' }));
  const group = element('group', { name }, [element('users', {}, members)]);
  return xmlDocument('directory', [element('domain', { name: domain }, [element('groups', {}, [group])])]);
}
