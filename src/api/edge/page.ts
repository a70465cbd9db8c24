import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field, Name } from './field';
import { lastPage, type RowRange, rowsOfPage } from '../../core/page';
import { integerText } from '../../core/rules';

const PER_PAGE = 50;
const MOST_PER_PAGE = 200;
const LAST_PAGE = 1_000_000;

/** `?page=1&per_page=50`, as every list takes them. */
export class PageQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: LAST_PAGE,
    default: 1,
    description: 'Which page of the list.',
  })
  @Field('optional', integerText({ min: 1, max: LAST_PAGE }))
  page?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MOST_PER_PAGE,
    default: PER_PAGE,
    description: 'Rows on a page.',
  })
  @Field('optional', integerText({ min: 1, max: MOST_PER_PAGE }))
  per_page?: string;
}

/** The same, with `search=…`. */
export class ListQuery extends PageQuery {
  @ApiPropertyOptional({ type: 'string', maxLength: 100, description: 'Part of a number or a name.' })
  @Name('nullable', { max: 100 })
  search?: string | null;
}

function pageOf({ page, per_page: perPage }: PageQuery): { page: number; perPage: number } {
  return { page: Number(page ?? 1), perPage: Number(perPage ?? PER_PAGE) };
}

/** The rows that a query asks for. */
export function rowsOf(query: PageQuery): RowRange {
  const { page, perPage } = pageOf(query);
  return rowsOfPage(page, perPage);
}

/** A list's answer; subclasses say what `data` holds. */
export abstract class Page {
  @ApiProperty({ type: 'integer', minimum: 1 })
  current_page!: number;

  @ApiProperty({ type: 'integer', minimum: 1 })
  last_page!: number;

  @ApiProperty({ type: 'integer', minimum: 1, example: PER_PAGE })
  per_page!: number;

  @ApiProperty({ type: 'integer', description: 'Rows on all pages.' })
  total!: number;
}

/** A page with its rows, in the order of keys that the contract shows. */
export function page<T>(query: PageQuery, data: T[], total: number): Page & { data: T[] } {
  const { page: current, perPage } = pageOf(query);
  return {
    current_page: current,
    data,
    last_page: lastPage(total, perPage),
    per_page: perPage,
    total,
  };
}
