// Runs in the worker before every unit test file. The AWS SDK needs credentials even for calls to loopback.
Object.assign(process.env, {
  AWS_REGION: "ap-southeast-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
});
