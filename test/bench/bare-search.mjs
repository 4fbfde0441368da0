// What any search cannot do without: load LanceDB, open a table, run one BM25 query.
import { connect } from "@lancedb/lancedb";

const [folder, name, query] = process.argv.slice(2);
const table = await (await connect(folder)).openTable(name);
const hits = await table
  .query()
  .fullTextSearch(query, { columns: ["text"] })
  .select(["id", "source", "text", "_score"])
  .limit(5)
  .toArray();
process.stdout.write(`${JSON.stringify(hits.map((hit) => [hit._score, hit.source, hit.text]))}\n`);
