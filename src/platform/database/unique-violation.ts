import { FieldInvalid } from '../../core/errors';
import { brokenUnique } from './codes';

/** @throws FieldInvalid when `work` gives the field a value that another has, and there must be but one */
export async function rejectDuplicate<T>(field: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw brokenUnique(error) ? new FieldInvalid({ field, code: 'taken' }) : error;
  }
}
