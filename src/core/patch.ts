/** Changes to some of the fields; what is absent or undefined stays as it is. */
export type Patch<T> = { [K in keyof T]?: T[K] | undefined };
