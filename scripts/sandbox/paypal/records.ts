import type { PaypalAccount } from "./accounts.ts";
import type { OrderInput } from "./order-parameters.ts";

export type RefundStatus = "COMPLETED" | "PENDING" | "FAILED" | "CANCELLED";

/** One refund, or a reversal by PayPal itself. `customId` and `invoiceId` are the refund's own. */
export type Refund = {
  id: string;
  minor: number;
  status: RefundStatus;
  requestId: string | undefined;
  customId: string | undefined;
  invoiceId: string | undefined;
  note: string | undefined;
  createdAt: Date;
  updatedAt: Date;
};

export type Dispute = {
  id: string;
  status: "OPEN" | "UNDER_REVIEW" | "RESOLVED";
  outcome: string | undefined;
  createdAt: Date;
  updatedAt: Date;
};

/** The capture of an order: completed, pending or declined. */
export type Capture = {
  id: string;
  status: "COMPLETED" | "PENDING" | "DECLINED";
  createdAt: Date;
  updatedAt: Date;
  /** When the capture was completed. */
  paidAt: Date | undefined;
  refunds: Refund[];
  dispute: Dispute | undefined;
};

/** How the buyer's payment instrument behaves when the order is captured. */
export type Funding =
  | "good"
  /** The capture will be PENDING. */
  | "echeck"
  /** The capture will be refused; the buyer may choose another instrument. */
  | "declined"
  /** The capture will be created with status DECLINED. */
  | "lost";

/** One order. */
export type Order = {
  account: PaypalAccount;
  id: string;
  input: OrderInput;
  status: "CREATED" | "PAYER_ACTION_REQUIRED" | "APPROVED" | "COMPLETED";
  funding: Funding;
  payerId: string;
  createdAt: Date;
  updatedAt: Date;
  /** When it expires unless it is captured. */
  lapsesAt: Date;
  lapsed: boolean;
  capture: Capture | undefined;
};
