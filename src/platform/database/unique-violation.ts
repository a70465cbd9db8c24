import { label } from '../../core/rules';
import { InvalidData } from '../../core/errors';
import { brokenUnique } from './codes';

/** @throws InvalidData when `work` gives the field a value that another has, and there must be but one */
export async function rejectDuplicate<T>(field: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!brokenUnique(error)) throw error;
    throw InvalidData.field(field, `The ${label(field)} has already been taken.`);
  }
}
