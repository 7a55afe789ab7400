// Apollo Client: HTTP with automatic persisted queries (GET for queries), a socket for subscriptions, errors as it words them.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import { createHash } from "node:crypto";

const [url, socketUrl] = process.argv.slice(2);
const say = (about, value) => console.log(JSON.stringify({ about, value }));
const sent = [];
const noting = async (target, options) => {
  const answer = await fetch(target, options);
  sent.push([options.method, String(options.body ?? target).includes("hello"), answer.status]);
  return answer;
};
const http = new HttpLink({ uri: url, fetch: noting });
const persisted = new PersistedQueryLink({
  sha256: async (text) => createHash("sha256").update(text).digest("hex"),
  useGETForHashedQueries: true,
});
const socket = createClient({ url: socketUrl, retryAttempts: 0 });
const link = ApolloLink.split(
  ({ operationType }) => operationType === "subscription",
  new GraphQLWsLink(socket),
  persisted.concat(http),
);
const client = new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: { query: { fetchPolicy: "no-cache" } } });

const query = gql`query Hello($n: String) { hello(name: $n) }`;
say("query", (await client.query({ query, variables: { n: "ada" } })).data);
say("query again", (await client.query({ query, variables: { n: "ben" } })).data);
say("sent", sent.splice(0));
say("mutation", (await client.mutate({ mutation: gql`mutation { count }` })).data);
try {
  await client.query({ query: gql`{ boom }` });
} catch (error) {
  say("failed", [CombinedGraphQLErrors.is(error), error.errors.map((each) => each.extensions.code)]);
}
try {
  await client.query({ query: gql`{ nothingOfTheKind }` });
} catch (error) {
  say("refused", [CombinedGraphQLErrors.is(error), error.errors?.map((each) => each.extensions.code) ?? String(error)]);
}
const heard = [];
await new Promise((resolve, reject) => {
  client.subscribe({ query: gql`subscription { count(to: 3) }` }).subscribe({
    next: (result) => heard.push(result.data),
    error: reject,
    complete: resolve,
  });
});
say("subscription", heard);
await socket.dispose();
client.stop();
