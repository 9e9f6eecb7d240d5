import { type Ends, type RefusalTable, rulesFor } from "../../domain/refusal.ts";

/**
 * The codes of Alipay's own gateway, the same for every call: `sub_code` by `code`. The page of public codes writes
 * most with a prefix; v3's list (`CommonErrorType`) has more of them, without the prefix.
 */
const listed = {
  "20000": `isp.unknow-error aop.unknow-error isv.unknow-error unknow-error isv.unknown-sub-code isv.invalid-response-data
    isv.access-data-time-out`,
  "20001": `aop.invalid-auth-token aop.auth-token-time-out aop.invalid-app-auth-token aop.invalid-app-auth-token-no-api
    aop.app-auth-token-time-out aop.no-product-reg-by-partner isv.missing-app-access-token isv.missing-session
    isv.openid-error isv.invalid-openid invalid-openid`,
  "40001": `isv.missing-method isv.missing-platform isv.missing-signature isv.missing-signature-type
    isv.missing-default-signature-type isv.missing-signature-key isv.missing-app-id isv.missing-app-uid
    isv.missing-timestamp isv.missing-version isv.missing-app-cert-sn isv.missing-alipay-cert-sn
    isv.missing-alipay-root-cert-sn isv.missing-encrypt-type isv.missing-encrypt-key
    isv.decryption-error-missing-encrypt-type`,
  "40002": `isv.upload-fail isv.invalid-file-extension isv.invalid-file-size isv.file-check-fail isv.invalid-platform
    isv.invalid-method isv.invalid-app-method isv.forbidden-api isv.invalid-format isv.invalid-content-type
    isv.invalid-http-method isv.invalid-signature-type isv.invalid-signature-type-said-interface isv.invalid-signature
    isv.unsupported-expired-app-key-sign isv.app-key-security-risk isv.app-cert-expired app-cert-expired
    isv.app-cert-not-exist isv.alipay-cert-not-exist isv.invalid-alipay-root-cert-sn isv.invalid-encrypt-type
    isv.invalid-encrypt isv.invalid-token isv.invalid-app-id isv.not-online-app not-online-app isv.invalid-timestamp
    isv.illegal-timestamp isv.invalid-version isv.unsupported-version isv.unsupported-sdk-version
    unsupported-sdk-version isv.invalid-encoding isv.invalid-charset isv.invalid-digest-type isv.invalid-digest
    isv.invalid-app-state isv.unsupport-operation isv.illegal-card-no isv.invalid-partnerid isv.decryption-error
    isv.decryption-error-not-valid-encrypt-type isv.decryption-error-not-valid-encrypt-key
    isv.decryption-error-unknown isv.not-support-app-auth isv.method-forbidden-batch-invoke
    isv.exist-blank-sub-request-id isv.exist-repeated-sub-request-id isv.app-invalid-oid
    isv.invalid-app-api-field-config`,
  "40003": `isv.missing-signature-config isv.invalid-auth-relations invalid-auth-relations
    isv.invalid-app-auth-relations isv.invalid-subscribe-relations isv.sevice-not-been-subscribed-to
    isv.invalid-product isv.app-unbind-partner`,
  "40005": `isv.app-call-limited isv.method-call-limited isv.app-auth-invoke-limit isv.exceed-api-balance`,
  "40006": `isv.insufficient-isv-permissions isv.insufficient-user-permissions isv.self-invoke-forbidden
    isv.illegal-client-ip isv.app-api-punished isv.inner-app-no-access isv.invalid-inner-invoke-scene`,
} as const;

/** Codes of 40002 about the content of our request, which is the same on every repeat. */
const aboutContent = "isv.invalid-parameter isv.illegal-json isv.suspected-attack isv.invalid-request-data";

const source =
  "opendocs.alipay.com/common/02km9f (read 2026-09-11); alipay/alipay-sdk-php-all v3/src/Model/CommonErrorType.php@d95249a";

/**
 * The refusals of Alipay's gateway for one kind of call. After every code but 20000 nothing was executed.
 * `contentEnds`: what ends when the content of the request is wrong, because every repeat has the same content.
 */
export function gatewayRefusals(contentEnds: Ends): RefusalTable {
  const merchant = { fault: "merchant", ends: "nothing", source } as const;
  const limited = { ...merchant, note: "too many calls: not final, the same request is repeated later" };
  const unknown = { fault: "provider", ends: "nothing", source } as const;
  return {
    ...rulesFor({ fault: "request", ends: contentEnds, source }, aboutContent),
    ...rulesFor(unknown, `20000 40004 aop.ACQ.SYSTEM_ERROR ${listed["20000"]}`),
    ...rulesFor(limited, `40005 ${listed["40005"]}`),
    ...rulesFor(merchant, `20001 ${listed["20001"]} 40001 ${listed["40001"]} 40002 ${listed["40002"]}`),
    ...rulesFor(merchant, `40003 ${listed["40003"]} 40006 ${listed["40006"]}`),
  };
}
