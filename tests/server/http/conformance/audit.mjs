// Prints what the audits of graphql-http find at a server, as JSON: [{ id, name, status, reason }].
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
