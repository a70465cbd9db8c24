'use strict';

// The least that a directory backend can do: the bytes of a prepared answer. Arguments: a JSON file of answers by user.
const { Buffer } = require('node:buffer');
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');

const answers = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const NOT_FOUND =
  '<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>';

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const user = /[?&]user=([^&]*)/.exec(`&${Buffer.concat(chunks).toString()}`)?.[1];
    response.setHeader('Content-Type', 'text/xml');
    response.end(answers[user] ?? NOT_FOUND);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`listening on ${server.address().port}\n`));
