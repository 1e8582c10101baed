// Lets an answer stream into the page. Without it the forms work as forms do.
"use strict";

// events calls on(name, data) for each server-sent event of a response.
async function events(response, on) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    for (let end; (end = rest.indexOf("\n\n")) >= 0; rest = rest.slice(end + 2)) {
      let name = "message", data = [];
      for (const line of rest.slice(0, end).split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        if (line.startsWith("data: ")) data.push(line.slice(6));
      }
      on(name, data.join("\n"));
    }
  }
}

for (const form of document.querySelectorAll("form[data-ask]")) {
  const answers = document.getElementById("answers");
  if (!answers) continue;
  let asking;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    asking?.abort();
    asking = new AbortController();
    const fields = new URLSearchParams(new FormData(form));
    const section = document.createElement("section");
    section.className = "answer";
    section.setAttribute("aria-busy", "true");
    const asked = document.createElement("h2");
    asked.className = "asked";
    asked.textContent = fields.get("q");
    const said = document.createElement("p");
    said.className = "said";
    said.textContent = form.dataset.waiting;
    section.append(asked, said);
    answers.prepend(section);
    let begun = false, ended = false;
    try {
      const response = await fetch("/ask?" + fields, { signal: asking.signal });
      if (!response.ok) throw new Error(response.status);
      await events(response, (name, data) => {
        if (name === "token") {
          if (!begun) said.textContent = "";
          begun = true;
          said.textContent += JSON.parse(data).text;
        } else if (name === "html") {
          section.outerHTML = JSON.parse(data).html; // made by the server's templates
          ended = true;
        }
      });
      if (!ended) throw new Error("cut");
      if (!fields.has("article")) history.replaceState(null, "", "/?" + fields);
      form.elements.q.select();
    } catch (error) {
      if (error.name === "AbortError") {
        section.remove();
      } else if (!begun) {
        said.textContent = form.dataset.failed;
      }
      section.removeAttribute("aria-busy");
    }
  });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-judge]")) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const response = await fetch("/feedback", { method: "POST", body: fields, headers: { Accept: "text/html;part=judged" } });
  if (response.ok) form.outerHTML = await response.text();
});

// The admin page: what a long reload is at.
for (const form of document.querySelectorAll("form[data-reload]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const out = document.getElementById("reload");
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/event-stream" } });
      if (!response.ok) throw new Error(response.status);
      await events(response, (name, data) => { out.textContent = JSON.parse(data).text; });
    } catch {
      out.textContent = form.dataset.failed;
    }
    button.disabled = false;
  });
}
