/** @param limit ms; how long it really is, is left to chance, so that those who collided do not meet again */
export function pauseUpTo(limit: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, limit * (0.5 + Math.random() / 2)));
}
