import { cpus } from 'node:os';
import { type Connection } from './load';

export const NAMES: Record<Connection, string> = { new: 'new', kept: 'kept open' };

export function machine(mariadbVersion: string): string {
  const processors = cpus();
  return [
    `${processors[0]?.model ?? 'unknown processor'}, ${processors.length} cores`,
    `Node.js ${process.version}`,
    `MariaDB ${mariadbVersion}`,
    new Date().toISOString().slice(0, 10),
  ].join('; ');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

export function ms(value: number): string {
  return value.toFixed(2);
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
