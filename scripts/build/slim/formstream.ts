/** Stands in for `formstream` (and its table of MIME types, 134 kB) inside alipay-sdk: we upload no files. */
export default class FormStream {
  constructor() {
    throw new Error("file uploads through alipay-sdk are not bundled");
  }
}
