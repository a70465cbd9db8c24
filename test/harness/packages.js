'use strict';

/** In place of a package's file, in a test: the same file, loaded by Node once for the whole process. */
module.exports = {
  process: (text, path) => {
    const once = `module.exports = requirePackage(${JSON.stringify(path)});`;
    // Jest's global set-up runs in no test environment, and needs packages too: none of them is an ES module.
    const isModule = /^(import|export)\b/m.test(text);
    return { code: isModule ? once : `if (globalThis.requirePackage) ${once} else {${text}\n}` };
  },
};
