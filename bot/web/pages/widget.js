// Puts the desk into another site's page:
//   <script src="https://your-desk/widget.js" data-language="zh" async></script>
// It makes one element with a shadow root and no global names.
"use strict";
(() => {
  const script = document.currentScript;
  const desk = new URL(script.src).origin;
  const language = script.dataset.language === "en" ? "en" : "zh";
  const words = {
    zh: { title: "问问本地报纸", ask: "提问", question: "您想了解什么？", sources: "出处", failed: "出了点问题，请稍后再试。", waiting: "正在查报纸……" },
    en: { title: "Ask the local paper", ask: "Ask", question: "What would you like to know?", sources: "Sources", failed: "Something went wrong. Please try again later.", waiting: "Looking it up …" },
  }[language];
  const make = (name, text, more) => Object.assign(document.createElement(name), { textContent: text ?? "" }, more);

  const host = document.createElement("xiangwen-desk");
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: block; max-width: 36rem; font: 1rem/1.7 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif; color: inherit; }
    form { display: flex; gap: .5rem; } input { flex: 1; min-width: 0; padding: .5rem; font: inherit; color: inherit; background: transparent; border: 1px solid; border-radius: .4rem; }
    button { padding: .5rem 1rem; font: inherit; border: 0; border-radius: .4rem; background: #a3260b; color: #fff; cursor: pointer; }
    h2 { font-size: 1.1rem; margin: 0 0 .5rem; } .said { white-space: pre-line; overflow-wrap: anywhere; } blockquote { margin: .2rem 0 .6rem; padding-left: .7rem; border-left: 3px solid #a3260b; }
    :focus-visible { outline: 3px solid #a3260b; outline-offset: 2px; }`);
  root.adoptedStyleSheets = [style];

  const form = make("form");
  const input = make("input", "", { type: "search", required: true, maxLength: 500, placeholder: words.question });
  input.setAttribute("aria-label", words.question);
  form.append(input, make("button", words.ask));
  const out = make("div");
  out.setAttribute("aria-live", "polite");
  root.append(make("h2", words.title), form, out);
  script.after(host);

  let conversation;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    out.replaceChildren(make("p", words.waiting));
    try {
      const response = await fetch(desk + "/v1/query", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ question: input.value, language, ...(conversation && { conversation }) }),
      });
      if (!response.ok) throw new Error(response.status);
      const answer = await response.json();
      conversation = answer.conversation;
      show(answer);
    } catch {
      out.replaceChildren(make("p", words.failed));
    }
  });

  function show(answer) {
    const list = make("ol");
    for (const c of answer.citations) {
      const item = make("li");
      const link = make("a", c.title, { href: `${desk}/articles/${encodeURIComponent(c.article_id)}?from=${c.start}&to=${c.end}&lang=${language}#quote`, target: "_blank", rel: "noopener" });
      item.append(link, ` ${c.source} ${c.date}`, make("blockquote", c.quote));
      list.append(item);
    }
    out.replaceChildren(make("p", answer.answer, { className: "said" }));
    if (answer.citations.length) out.append(make("h2", words.sources), list);
  }
})();
