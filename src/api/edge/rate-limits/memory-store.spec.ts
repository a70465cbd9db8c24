import { MemoryStore } from './memory-store';

it('has a window for each key', async () => {
  const store = new MemoryStore();
  expect((await store.take('a', 1, 0)).allowed).toBe(true);
  expect((await store.take('a', 1, 1)).allowed).toBe(false);
  expect((await store.take('b', 1, 1)).allowed).toBe(true);
});

it('sweeps out idle windows and keeps the others', async () => {
  const store = new MemoryStore();
  for (const [key, at] of Object.entries({ a: 0, b: 1_000, c: 50_000 })) await store.take(key, 1, at);
  store.sweep(61_000);
  expect(store.size).toBe(1);
  expect((await store.take('c', 1, 61_000)).allowed).toBe(false);
});

it('holds at most 100,000 windows, and gives up the least recently used first', async () => {
  const store = new MemoryStore();
  await store.take('first', 1, 0);
  await store.take('second', 1, 0);
  await store.take('first', 1, 1);
  for (let i = 0; i < 99_999; i++) await store.take(String(i), 1, 2);
  expect(store.size).toBe(100_000);
  expect((await store.take('first', 1, 3)).allowed).toBe(false);
  expect((await store.take('second', 1, 3)).allowed).toBe(true);
});
