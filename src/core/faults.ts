/** Why the value of a field is refused. The dialects of the API write the sentence (`src/api`). */
export type Fault =
  /** Another one has this value, and only one may. */
  | { code: 'taken' }
  /** It names something that does not exist, or that the caller may not use. */
  | { code: 'not_found' }
  | { code: 'malformed' }
  /** Only the value that is there already is accepted. */
  | { code: 'unchangeable' }
  /** No value is accepted. */
  | { code: 'prohibited' }
  /** Not the value that is kept, such as a password. */
  | { code: 'incorrect' }
  | { code: 'out_of_range'; min: number; max: number }
  | { code: 'too_small'; min: number }
  | { code: 'not_a_host_name' }
  /** A number that is always called outside. */
  | { code: 'emergency_number' }
  /** The tenant has as many extensions as it may have. */
  | { code: 'quota_reached'; max: number }
  /** An earlier row of an import has this value. */
  | { code: 'duplicate' }
  /** More rows than one import may have. */
  | { code: 'too_many_rows'; max: number }
  /** More extensions would be changed than one request may change. */
  | { code: 'too_many_selected'; max: number }
  /** The value cannot change while the tenant has caller IDs. */
  | { code: 'caller_ids_exist' }
  /** An inactive caller ID cannot be the default one. */
  | { code: 'inactive_caller_id' }
  /** @property owner what the password belongs to, as in `extension number` */
  | { code: 'weak_password'; weakness: Weakness; owner: string };

/** Blank, the name of what it belongs to, or one of the 10,000 most common ones. */
export type Weakness = 'blank' | 'own_name' | 'common';

/** @property field its name in camelCase; with places in lists, the first being 0, as in `callerIds.3.number` */
export type FieldFault = Fault & { field: string };
