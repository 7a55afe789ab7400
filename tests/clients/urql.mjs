// urql: plain, with the persisted exchange, and subscriptions over a socket and over its own fetch exchange's event streams.
import { persistedExchange } from "@urql/exchange-persisted";
import { createClient as createSocket } from "graphql-ws";
import { createClient, fetchExchange, gql, subscriptionExchange } from "urql";

const [url, socketUrl] = process.argv.slice(2);
const say = (about, value) => console.log(JSON.stringify({ about, value }));
const socket = createSocket({ url: socketUrl, retryAttempts: 0 });
const statuses = [];
const noting = async (target, options) => {
  const answer = await fetch(target, options);
  statuses.push([options.method, answer.status]);
  return answer;
};
const overSocket = subscriptionExchange({
  forwardSubscription: (request) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? "" }, sink) }),
  }),
});
const client = createClient({ url, fetch: noting, preferGetMethod: false, exchanges: [fetchExchange, overSocket] });
const persisting = createClient({
  url,
  fetch: noting,
  preferGetMethod: true,
  exchanges: [persistedExchange({ preferGetForPersistedQueries: true }), fetchExchange],
});
const streaming = createClient({ url, fetchSubscriptions: true, exchanges: [fetchExchange] });

function events(from, query) {
  const heard = [];
  return new Promise((resolve) => {
    from.subscription(query, {}).subscribe((result) => {
      heard.push(result.data ?? result.error.message);
      if (heard.length === 3 || result.error) resolve(heard);
    });
  });
}

const query = gql`query Hello($n: String) { hello(name: $n) }`;
say("query", (await client.query(query, { n: "ada" }).toPromise()).data);
say("mutation", (await client.mutation(gql`mutation { count }`, {}).toPromise()).data);
say("failed", (await client.query(gql`{ boom }`, {}).toPromise()).error.graphQLErrors.map((each) => each.extensions.code));
say("refused", (await client.query(gql`{ nope }`, {}).toPromise()).error.graphQLErrors.map((each) => each.extensions.code));
say("sent", statuses.splice(0));
say("persisted", (await persisting.query(query, { n: "eve" }).toPromise()).data);
say("persisted again", (await persisting.query(query, { n: "fay" }).toPromise()).data);
say("persisted sent", statuses.splice(0));
const counting = gql`subscription { count(to: 3) }`;
say("subscription", await events(client, counting));
say("stream", await events(streaming, counting));
await socket.dispose();
