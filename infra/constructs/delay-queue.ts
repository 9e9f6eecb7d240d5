import { Duration } from "aws-cdk-lib";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

/** Six times the longest consumer's timeout (30 s), as AWS asks: a batch still at work is not handed out again. */
const visibility = Duration.seconds(180);
const maxReceiveCount = 5;

/** Hints with a delay of their own. Standard, because a FIFO queue has no delay per message. */
export class DelayQueue extends Construct {
  readonly queue: sqs.Queue;
  /** Holds what failed five times, for a person to look at; the sweeper has repaired its effect long before. */
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const encryption = sqs.QueueEncryption.SQS_MANAGED;
    this.deadLetters = new sqs.Queue(this, "DeadLetters", {
      encryption,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.queue = new sqs.Queue(this, "Queue", {
      encryption,
      enforceSSL: true,
      visibilityTimeout: visibility,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount },
    });
  }
}
