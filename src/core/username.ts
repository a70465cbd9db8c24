/** A username as it is kept: 3 to 100 of a-z, 0-9 and . _ @ + -, beginning with a letter or digit. */
export const USERNAME = /^[a-z0-9][a-z0-9._@+-]{2,99}$/;

/** As it is kept, whatever case it is typed in. */
export function usernameOf(typed: string): string {
  return typed.trim().toLowerCase();
}
