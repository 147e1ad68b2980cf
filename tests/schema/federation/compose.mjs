// Composes the subgraphs given on standard input as JSON, [{name, url, sdl}], by Apollo's or the Guild's rules; writes
// {errors, supergraph} to standard output.
import { text } from "node:stream/consumers";

import { parse } from "graphql";

const COMPOSITIONS = { apollo: "@apollo/composition", guild: "@theguild/federation-composition" };

const { composeServices } = await import(COMPOSITIONS[process.argv[2]]);
const subgraphs = JSON.parse(await text(process.stdin));
const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
const { errors = [], supergraphSdl } = composeServices(services);
const told = errors.map(({ message, extensions }) => ({ message, code: extensions?.code }));
process.stdout.write(JSON.stringify({ errors: told, supergraph: supergraphSdl ?? null }));
