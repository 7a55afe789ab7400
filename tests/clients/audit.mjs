// The graphql-http package's audits of GraphQL over HTTP: one line for each, with what it found.
import { auditServer } from "graphql-http";

const found = await auditServer({ url: process.argv[2] });
for (const each of found) {
  console.log(JSON.stringify({ id: each.id, name: each.name, status: each.status, reason: each.reason ?? null }));
}
