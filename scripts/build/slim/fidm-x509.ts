/**
 * Stands in for `@fidm/x509` (and its own Ed25519, 150 kB) inside wechatpay-node-v3, which reads the merchant's
 * certificate only for a serial number that we give it; platform certificates are read by `node:crypto`.
 */
export const Certificate = {
  fromPEM(): never {
    throw new Error("certificates are not read by wechatpay-node-v3: give it the serial number");
  },
};
