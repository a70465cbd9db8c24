import { FieldInvalid } from '../../core/errors';
import { fieldErrors } from './field-sentences';

it('writes neutral names in snake_case, with the sentences of each field in their order', () => {
  const error = new FieldInvalid(
    { field: 'teamId', code: 'not_found' },
    { field: 'extensionNumber', code: 'taken' },
    { field: 'extensionNumber', code: 'quota_reached', max: 10 },
  );
  expect(fieldErrors(error)).toEqual({
    team_id: ['The selected team id is invalid.'],
    extension_number: [
      'The extension number has already been taken.',
      'The account may not have more than 10 extensions.',
    ],
  });
});

it('names a field in a list by its place, and in the sentence by itself', () => {
  const error = new FieldInvalid({ field: 'callerIds.3.number', code: 'taken' });
  expect(fieldErrors(error)).toEqual({ 'caller_ids.3.number': ['The number has already been taken.'] });
});

it('says what to do in place of renumbering an extension', () => {
  const sentences = ['name', 'extensionNumber'].map((field) =>
    fieldErrors(new FieldInvalid({ field, code: 'unchangeable' })),
  );
  expect(sentences).toEqual([
    { name: ['The name cannot be changed.'] },
    {
      extension_number: [
        'The extension number cannot be changed. Make a new extension with POST /api/pbx/extensions and delete this one.',
      ],
    },
  ]);
});
