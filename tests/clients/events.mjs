// graphql-sse in distinct connections mode: queries, mutations, subscriptions to the end and left early, errors.
import { createClient } from "graphql-sse";

const [url] = process.argv.slice(2);
const say = (about, value) => console.log(JSON.stringify({ about, value }));
const client = createClient({ url, singleConnection: false, retryAttempts: 0 });

async function results(payload, atMost = Infinity) {
  const heard = [];
  for await (const result of client.iterate(payload)) {
    heard.push(result);
    if (heard.length >= atMost) break;
  }
  return heard;
}

say("query", await results({ query: "query($n: String!) { hello(name: $n) }", variables: { n: "ada" } }));
say("mutation", await results({ query: "mutation { count }" }));
say("subscription", await results({ query: "subscription { count(to: 3) }" }));
say("left early", await results({ query: "subscription { forever }" }, 1));
say("refused", (await results({ query: "{ nothingOfTheKind }" })).map((each) => each.errors[0].extensions.code));
say("failed", (await results({ query: "{ boom }" })).map((each) => [each.data, each.errors[0].extensions.code]));
client.dispose();
