import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { Settings } from '../../src/platform/config/settings';

/** A setting as its declaration describes it. */
export interface Setting {
  name: string;
  meaning: string;
  /** What a reader is told of the default; `value` is that default where it can be written into a file. */
  default: string;
  value: string | null;
}

const SOURCE = join(__dirname, '../../src/platform/config/settings.ts');

/**
 * Every setting, in the order of its declaration, with the text of its comment.
 * @throws Error naming a setting that has none
 */
export function settings(): Setting[] {
  const file = ts.createSourceFile(SOURCE, readFileSync(SOURCE, 'utf8'), ts.ScriptTarget.Latest, true);
  const declared = file.statements.find(
    (statement) => ts.isClassDeclaration(statement) && statement.name?.text === Settings.name,
  );
  if (!declared || !ts.isClassDeclaration(declared)) throw new Error(`There is no class in ${SOURCE}.`);
  const defaults = new Settings() as unknown as Record<string, string | number | undefined>;
  return declared.members.filter(ts.isPropertyDeclaration).map((property) => {
    const name = property.name.getText();
    const meaning = textOf(ts.getJSDocCommentsAndTags(property).find(ts.isJSDoc)?.comment);
    if (meaning === '') throw new Error(`The setting ${name} has no comment.`);
    const tag = ts.getJSDocTags(property).find(({ tagName }) => tagName.text === 'default');
    const value = String(defaults[name] ?? '');
    return tag
      ? { name, meaning, default: textOf(tag.comment), value: null }
      : { name, meaning, default: value || 'empty', value };
  });
}

function textOf(comment: Parameters<typeof ts.getTextOfJSDocComment>[0]): string {
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s+/g, ' ').trim();
}
