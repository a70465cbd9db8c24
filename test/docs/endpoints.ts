import { RequestMethod } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { NEED, type Need } from '../../src/api/edge/authentication/require-permission';
import { withPreview } from '../../src/cli/openapi';
import { documentOf } from '../../src/api/edge/openapi/docs';

/** A route under /api, as the OpenAPI document and the permission guard see it. */
export interface Endpoint {
  method: string;
  /** With parameters as in `{ext}`. */
  path: string;
  summary: string;
  need: Need;
}

/** Every documented route under /api, in the order of paths. */
export function endpoints(): Promise<Endpoint[]> {
  return withPreview((app) => {
    const needs = needsByRoute(app.get(ModulesContainer));
    const { paths } = documentOf(app);
    return Object.entries(paths)
      .filter(([path]) => path.startsWith('/api/'))
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([path, operations]) =>
        Object.entries(operations as Record<string, { summary?: string }>).flatMap(([verb, operation]) => {
          const method = verb.toUpperCase();
          const need = needs.get(`${method} ${path}`);
          return need ? [{ method, path, summary: operation.summary ?? '', need }] : [];
        }),
      );
  });
}

function needsByRoute(modules: ModulesContainer): Map<string, Need> {
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  const found = controllers.flatMap(({ metatype }) => {
    const prototype = (metatype as { prototype: Record<string, unknown> }).prototype;
    const prefix = read<string>('path', metatype) ?? '';
    return Object.getOwnPropertyNames(prototype).flatMap((name): [string, Need][] => {
      const path = read<string>('path', prototype[name]);
      const method = read<RequestMethod>('method', prototype[name]);
      const need = read<Need>(NEED, prototype[name]);
      if (path === undefined || method === undefined || need === undefined) return [];
      const route = `/${prefix}/${path}`.replace(/\/+/g, '/').replace(/\/$/, '');
      return [[`${RequestMethod[method]} ${route.replace(/:(\w+)/g, '{$1}')}`, need]];
    });
  });
  return new Map(found);
}

function read<T>(key: string, of: unknown): T | undefined {
  return of instanceof Function ? (Reflect.getMetadata(key, of) as T | undefined) : undefined;
}
