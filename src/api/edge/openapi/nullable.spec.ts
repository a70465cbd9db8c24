import { withNulls } from './nullable';

it('lists null where null may be, once, and nowhere else', () => {
  const schemas = (kind: object, role: object): object => ({ Thing: { properties: { kind, role } } });
  const given = schemas({ enum: ['a'] }, { type: 'string', nullable: true, enum: ['a', 'b'] });
  const listed = schemas({ enum: ['a'] }, { type: 'string', nullable: true, enum: ['a', 'b', null] });
  const document = (of: object) => ({ paths: {}, components: { schemas: of as Record<string, object> } });
  expect(withNulls(document(given))).toEqual(document(listed));
  expect(withNulls(document(listed))).toEqual(document(listed));
});

it('lets null by where it may be instead of what is described elsewhere', () => {
  const thing = { $ref: '#/components/schemas/Thing' };
  const given = { type: 'object', nullable: true, description: 'One, or none.', allOf: [thing] };
  const said = {
    description: 'One, or none.',
    oneOf: [thing, { type: 'object', nullable: true, enum: [null] }],
  };
  const document = (thingOrNull: object) => ({ paths: {}, components: { schemas: { thingOrNull } } });
  expect(withNulls(document(given))).toEqual(document(said));
  expect(withNulls(document({ allOf: [thing] }))).toEqual(document({ allOf: [thing] }));
});
