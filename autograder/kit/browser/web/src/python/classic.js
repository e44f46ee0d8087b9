/**
 * A page that is opened as a file may only have workers of the classic kind, which Pyodide refuses, since they cannot
 * import. Here nothing is left to import, so it need not know.
 */
self.importScripts = () => {
  throw new TypeError("nothing is imported here");
};
