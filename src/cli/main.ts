import 'reflect-metadata';
import { run } from './run';

void run(process.argv.slice(2), process).then((code) => {
  // A failed command may leave something open that would keep the process; a server that started is to go on.
  if (code !== 0) process.exit(code);
});
