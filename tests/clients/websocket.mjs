// graphql-ws against the socket: a query, a mutation, a subscription to its end and one left early, an error, a bad token.
import { createClient } from "graphql-ws";

const [url] = process.argv.slice(2);
const say = (about, value) => console.log(JSON.stringify({ about, value }));
const client = createClient({ url, lazy: true, retryAttempts: 0 });

async function results(from, payload, atMost = Infinity) {
  const heard = [];
  for await (const result of from.iterate(payload)) {
    heard.push(result);
    if (heard.length >= atMost) break;
  }
  return heard;
}

say("query", await results(client, { query: "query($n: String!) { hello(name: $n) }", variables: { n: "ada" } }));
say("mutation", await results(client, { query: "mutation { count }" }));
say("subscription", await results(client, { query: "subscription { count(to: 3) }" }));
say("left early", await results(client, { query: "subscription { forever }" }, 1));
try {
  await results(client, { query: "{ nothingOfTheKind }" });
} catch (errors) {
  say("refused", errors.map((each) => each.extensions.code));
}
say("failed", (await results(client, { query: "{ boom }" })).map((each) => [each.data, each.errors[0].extensions.code]));
await client.dispose();

const stranger = createClient({ url, retryAttempts: 0, connectionParams: { authorization: "Bearer wrong" } });
try {
  await results(stranger, { query: "{ hello }" });
} catch (closed) {
  say("closed", [closed.code, closed.reason]);
}
