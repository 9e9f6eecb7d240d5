import { App } from "aws-cdk-lib";
import { defineGateway } from "./gateway.ts";

const app = new App({ analyticsReporting: false });
defineGateway(app);
app.synth();
