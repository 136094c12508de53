// Has httpyac check what the comments before each request say: "# @expect 201", and with "# @expect 200 503" either of them.
// Editors that know nothing of it, Visual Studio's and JetBrains', see a comment, and send the same requests.
function check({ statusCode, body }, { httpRegion }) {
  const expected = httpRegion.metaData.expect?.split(" ") ?? [];
  const meets = expected.includes(String(statusCode));
  const message = `status is ${expected.join(" or ") || "named by an @expect"}`;
  const said = `it is ${statusCode}: ${body}`;
  httpRegion.testResults ??= [];
  httpRegion.testResults.push(
    meets
      ? { message, status: "SUCCESS" }
      : { message, status: "FAILED", error: { displayMessage: said, error: new Error(said) } },
  );
}

module.exports = {
  configureHooks: ({ hooks }) => hooks.onResponse.addHook("expect", check),
};
