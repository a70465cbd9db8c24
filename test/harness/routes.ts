import { RequestMethod } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type Dialplane } from './dialplane';

/** Every route of every controller, as in `GET /api/pbx/extensions/:ext`. */
export function routesOf(dialplane: Dialplane): string[] {
  const modules = [...dialplane.get(ModulesContainer).values()];
  const controllers = modules.flatMap((module) => [...module.controllers.values()]);
  return controllers.flatMap(({ metatype }) => {
    const prototype = (metatype as { prototype: Record<string, unknown> }).prototype;
    const prefix = read<string>('path', metatype) ?? '';
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      const path = read<string>('path', handler);
      const method = read<RequestMethod>('method', handler);
      if (path === undefined || method === undefined) return [];
      return [`${RequestMethod[method]} /${prefix}/${path}`.replace(/\/+/g, '/').replace(/\/$/, '')];
    });
  });
}

function read<T>(key: string, of: unknown): T | undefined {
  return of instanceof Function ? (Reflect.getMetadata(key, of) as T | undefined) : undefined;
}
