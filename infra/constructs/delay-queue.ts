import { Duration } from "aws-cdk-lib";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

/** Six times the longest consumer's timeout (30 s), as AWS recommends: a batch in progress is not delivered again. */
const visibility = Duration.seconds(180);
const maxReceiveCount = 5;

/** Wake-up messages, each with its own delay. Standard, because a FIFO queue has no delay per message. */
export class DelayQueue extends Construct {
  readonly queue: sqs.Queue;
  /** Messages that failed five times, for an operator to inspect; the sweeper has repaired their effect long before. */
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
