import { RemovalPolicy } from "aws-cdk-lib";
import type { CfnStage, HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import * as logs from "aws-cdk-lib/aws-logs";
import type { StageSettings } from "../stages.ts";

/**
 * One line for each request, also for those that API Gateway refuses before any function sees them: an HTTP API cannot
 * change those responses. `request_id` is the one in our responses and log lines. Path and query are left out, because
 * they contain merchants' order and refund numbers.
 */
const line = {
  request_id: "$context.requestId",
  at: "$context.requestTime",
  source: "$context.identity.sourceIp",
  route: "$context.routeKey",
  http_status: "$context.status",
  duration_ms: "$context.responseLatency",
  answer_bytes: "$context.responseLength",
  refused: "$context.error.responseType",
  function_status: "$context.integrationStatus",
  function_error: "$context.integrationErrorMessage",
};

export function addAccessLog(api: HttpApi, { keepData }: StageSettings): void {
  const logGroup = new logs.LogGroup(api, "AccessLog", {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  const stage = api.defaultStage?.node.defaultChild as CfnStage;
  stage.accessLogSettings = { destinationArn: logGroup.logGroupArn, format: JSON.stringify(line) };
}
