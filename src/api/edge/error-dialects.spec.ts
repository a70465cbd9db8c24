import { NotFound } from '../../core/errors';
import { answerErrorsBelow, errorDialectOf, standardErrors } from './error-dialects';

it('answers below a prefix in its dialect, and everywhere else in the standard one', () => {
  const other = (): { status: number; body: object } => ({ status: 404, body: { oops: true } });
  const deeper = (): { status: number; body: object } => ({ status: 410, body: {} });
  answerErrorsBelow('/api/other', other);
  answerErrorsBelow('/api/other/old', deeper);
  expect(errorDialectOf('/api/other')).toBe(other);
  expect(errorDialectOf('/api/other/things/:id')).toBe(other);
  expect(errorDialectOf('/api/other/old/things')).toBe(deeper);
  expect(errorDialectOf('/api/others')).toBe(standardErrors);
  expect(standardErrors(new NotFound())).toEqual({ status: 404, body: { message: 'Resource not found' } });
});
