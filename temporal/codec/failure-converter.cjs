// Temporal loads a failure converter by its path, with `require`, and puts it into the workflow bundle: so this one file
// is CommonJS. Messages and stacks of failures become a payload, and the codec encrypts payloads.
const { DefaultFailureConverter } = require('@temporalio/common');

module.exports = { failureConverter: new DefaultFailureConverter({ encodeCommonAttributes: true }) };
