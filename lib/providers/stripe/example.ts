/** Values as Stripe gives them, for the examples of the API reference. */
export const example = {
  scene: "checkout",
  paymentId: "cs_live_a1B2c3D4",
  paymentUrl: "https://checkout.stripe.com/c/pay/cs_live_a1B2c3D4",
  tradeNo: "pi_3QABCDEF",
  refundId: "re_3QABCDEF",
  refusedPayment: { code: "amount_too_small", message: "Amount must convert to at least 50 cents." },
  refusedRefund: {
    code: "charge_already_refunded",
    message: "Charge ch_3QABCDEF has already been refunded.",
  },
  notAccepted: { code: "rate_limit", message: "Too many requests" },
};
