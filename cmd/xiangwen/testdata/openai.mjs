// Asks a running desk through OpenAI's own SDK, streaming and not:
//   BASE_URL=http://127.0.0.1:8080/v1 node openai.mjs
import assert from "node:assert";
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: "none" });
assert((await client.models.list()).data.some((m) => m.id === "xiangwen"));
const messages = [{ role: "user", content: "天祥大道隧道全长多少米？" }];

const answer = (await client.chat.completions.create({ model: "xiangwen", messages })).choices[0].message;
assert(answer.content.includes("6379米"), answer.content);
const mark = answer.annotations[0].url_citation;
assert.equal([...answer.content].slice(mark.start_index, mark.end_index).join(""), "[1]");
assert(mark.url.includes("/articles/") && mark.title.includes("天祥大道隧道"), JSON.stringify(mark));

let text = "";
let annotations = [];
for await (const chunk of await client.chat.completions.create({ model: "xiangwen", messages, stream: true })) {
  text += chunk.choices[0]?.delta?.content ?? "";
  annotations.push(...(chunk.choices[0]?.delta?.annotations ?? []));
}
assert.equal(text, answer.content);
assert.equal(annotations.length, answer.annotations.length);

messages.push({ role: "assistant", content: answer.content }, { role: "user", content: "它的盾构段有多长？" });
const next = (await client.chat.completions.create({ model: "xiangwen", messages })).choices[0].message;
assert(next.content.includes("4404米"), next.content);
await assert.rejects(client.chat.completions.create({ model: "another", messages }), (e) => e.status === 404 && e.message.includes("another"));
console.log("OpenAI's SDK: answers, annotations, streams, follows up, and reads errors");
