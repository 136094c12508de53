// A bookshop on RestReplicas. Its client knows every route, parameter, answer and problem from the service's own description:
//
//   npm install openapi-fetch && npm install --save-dev openapi-typescript typescript @types/node
//   npx openapi-typescript http://127.0.0.1:8081/swagger/v1/swagger.json --output restreplicas.ts
//   npx tsc && node bookshop.mjs http://127.0.0.1:8082
//
// Any node will do: what it cannot answer itself it redirects to the leader, and fetch follows.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./restreplicas.js";

type Book = { title: string; pages: number; lent?: boolean };

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "http://127.0.0.1:8081" });
const collection = `books-${Date.now()}`;

const id = await add({ title: "Edda", pages: 300 });
await lend(id);
await giveBack(id);
await refuseWhatIsStale(id);
await explainWhatIsWrong();
for (const title of ["Egils saga", "Laxdæla saga", "Njáls saga"]) {
  await add({ title, pages: 200 });
}
await lendTo("Ari", await add({ title: "Heimskringla", pages: 240 }));
assert.deepEqual(await longer(250), ["Edda"]);
assert.deepEqual((await all(2)).sort(), ["Edda", "Egils saga", "Heimskringla", "Laxdæla saga", "Njáls saga"]);
await remove(id);
assert.deepEqual(await history(id), ["created", "replaced", "replaced", "deleted"]);
console.log("The bookshop is in order.");

/** A key makes it safe to send this again if no answer comes: the book is added once. */
async function add(book: Book): Promise<string> {
  const { data, error, response } = await client.POST("/v1/{collection}", {
    params: { path: { collection }, header: { "Idempotency-Key": crypto.randomUUID() } },
    body: book,
  });
  if (error) {
    throw new Error(error.detail);
  }
  assert.equal(response.headers.get("ETag"), `"${data.version}"`);
  assert.match(response.headers.get("Replica-Acks") ?? "", /^[23]\/3$/);
  return data.id;
}

/** Reads the newest state, and writes only if nobody else has written in between. */
async function lend(id: string): Promise<void> {
  const { book, etag } = await read(id);
  const { data, error } = await client.PUT("/v1/{collection}/{id}", {
    params: { path: { collection, id }, header: { "If-Match": etag } },
    body: { ...book, lent: true },
  });
  assert.equal(error, undefined);
  assert.equal(data?.id, id);
  assert.equal((await read(id)).book.lent, true);
}

/** A merge patch (RFC 7396): what is not named stays as it is, and null removes a member. */
async function giveBack(id: string): Promise<void> {
  const { error } = await client.PATCH("/v1/{collection}/{id}", {
    params: { path: { collection, id } },
    body: { lent: null },
    headers: { "Content-Type": "application/merge-patch+json" },
  });
  assert.equal(error, undefined);
  assert.deepEqual((await read(id)).book, { title: "Edda", pages: 300 });
}

/** Both or neither: the book is marked, and there is a loan. */
async function lendTo(reader: string, id: string): Promise<void> {
  const { data, error } = await client.POST("/v1/_batch", {
    body: {
      operations: [
        { op: "patch", collection, id, patch: { lent: true } },
        { op: "post", collection: `${collection}-loans`, document: { reader, book: id } },
      ],
    },
  });
  assert.equal(error, undefined);
  assert.deepEqual(data?.results.map((result) => result.status), [200, 201]);
}

async function read(id: string): Promise<{ book: Book; etag: string }> {
  const { data, error, response } = await client.GET("/v1/{collection}/{id}", {
    params: { path: { collection, id }, query: { consistency: "linearizable" } },
  });
  if (error) {
    throw new Error(error.detail);
  }
  return { book: data as Book, etag: response.headers.get("ETag") ?? "" };
}

/** Each answer says which problems it may have, so the compiler knows what there is to tell apart. */
async function refuseWhatIsStale(id: string): Promise<void> {
  const { error } = await client.PUT("/v1/{collection}/{id}", {
    params: { path: { collection, id }, header: { "If-Match": '"1.1"' } },
    body: { title: "another" },
  });
  assert(error);
  switch (error.type) {
    case "precondition-failed":
      assert.equal(`"${error.current}"`, (await read(id)).etag);
      assert.equal(error.outcome, "none");
      break;
    // @ts-expect-error: no PUT is refused so.
    case "too-stale":
    default:
      assert.fail(`a stale write was not refused: ${error.type}`);
  }
}

/** What a mistake in a request is told: where it is, and what to do. */
async function explainWhatIsWrong(): Promise<void> {
  const { error } = await client.POST("/v1/{collection}", {
    params: { path: { collection } },
    body: {},
    bodySerializer: () => '{"pages": 300', // not JSON
  });
  const problem: components["schemas"]["Problem"] | undefined = error;
  assert.equal(problem?.type, "invalid-document");
  assert.equal(problem.status, 400);
  assert.equal(problem.offset, 13);
}

/** Any member can be filtered by. Filters are parameters of their own, so they are written out: ?pages[gte]=250 */
async function longer(pages: number): Promise<string[]> {
  const { data } = await client.GET("/v1/{collection}", {
    params: { path: { collection }, query: { filters: { "pages[gte]": `${pages}` }, consistency: "linearizable" } },
    querySerializer: { object: { style: "form", explode: true } },
  });
  return data?.items.map((item) => (item.document as Book).title) ?? [];
}

/** What happened to a book, in commit order; any node could go on telling from 'next'. */
async function history(id: string): Promise<string[]> {
  const { data } = await client.GET("/v1/{collection}/_changes", { params: { path: { collection }, query: { since: "0", wait: 10000 } } });
  assert(typeof data === "object"); // a string would be server-sent events, for Accept: text/event-stream
  return data.events.flatMap((event) => event.changes).filter((change) => change.id === id).map((change) => change.kind);
}

/** Page after page, until there is no next one. */
async function all(limit: number): Promise<string[]> {
  const titles: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { data, error, response } = await client.GET("/v1/{collection}", {
      params: { path: { collection }, query: { limit, consistency: "linearizable", ...(cursor === undefined ? {} : { cursor }) } },
    });
    if (error) {
      throw new Error(error.detail);
    }
    titles.push(...data.items.map((item) => (item.document as Book).title));
    cursor = data.next ?? null;
    assert.equal(response.headers.has("Link"), cursor !== null);
  }
  return titles;
}

async function remove(id: string): Promise<void> {
  const { response } = await client.DELETE("/v1/{collection}/{id}", { params: { path: { collection, id } } });
  assert.equal(response.status, 204);
  const { error } = await client.GET("/v1/{collection}/{id}", {
    params: { path: { collection, id }, query: { consistency: "linearizable" } },
  });
  assert.equal(error?.type, "not-found");
}
