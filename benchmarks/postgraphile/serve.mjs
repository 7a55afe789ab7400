// PostGraphile as its documentation says to serve it in production: the plain preset, one pool of ten connections, no GraphiQL,
// no watching. DATABASE_URL and PORT say where. /metrics tells how many statements were sent.
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

let statements = 0;
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
pool.on("connect", (client) => {
  const query = client.query;
  client.query = function (...said) {
    statements += 1;
    return query.apply(this, said);
  };
});

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ["storefront"] })],
  grafserv: { graphqlPath: "/graphql", graphiql: false, websockets: false, watch: false },
  grafast: { explain: false },
});
await instance.getSchema();

const answer = instance.createServ(grafserv).createHandler();
createServer((request, response) => {
  if (request.url === "/metrics") {
    response.end(`sql_statements_total ${statements}\n`);
  } else {
    answer(request, response);
  }
}).listen(Number(process.env.PORT), "127.0.0.1");
