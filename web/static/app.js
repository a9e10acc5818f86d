// Everything here is a comfort: each page and form works without it.
"use strict";
(() => {
  const DRAFT = "draft:";
  const words = document.body.dataset;

  // -- what is typed survives a lost network, an expired session, a closed lid (data-draft names the form) ----------------
  const fields = (form) =>
    [...form.elements].filter(
      (field) => field.name && !["hidden", "password", "file", "submit", "button"].includes(field.type)
    );
  const isChoice = (field) => field.type === "checkbox" || field.type === "radio";
  const nameOf = (field) => (isChoice(field) ? `${field.name}=${field.value}` : field.name);

  function typedIn(form) {
    const typed = {};
    for (const field of fields(form)) typed[nameOf(field)] = isChoice(field) ? field.checked : field.value;
    return typed;
  }

  // What the server has kept already stands apart from what it has not heard of yet.
  const served = new Map();
  function keep(form) {
    try {
      const copy = { typed: typedIn(form), served: served.get(form) || {} };
      sessionStorage.setItem(DRAFT + form.dataset.draft, JSON.stringify(copy));
    } catch {
      // A full or forbidden store only means that there is no copy.
    }
  }

  function bringBack(form) {
    const text = sessionStorage.getItem(DRAFT + form.dataset.draft);
    if (!text || form.querySelector("[aria-invalid=true]")) return;
    const copy = JSON.parse(text);
    let changed = false;
    for (const field of fields(form)) {
      const value = copy.typed[nameOf(field)];
      const known = copy.served[nameOf(field)];
      if (value === undefined) continue;
      if (isChoice(field)) {
        changed = changed || field.checked !== value;
        field.checked = value;
      } else if ((!field.value && value) || (known !== undefined && known !== value && field.value === known)) {
        field.value = value;
        changed = true;
      }
    }
    if (!changed) return;
    const told = document.createElement("p");
    told.className = "form-text";
    told.setAttribute("role", "status");
    told.textContent = words.draftRestored;
    form.prepend(told);
    const keeper = form.querySelector("[data-keeps]");
    if (keeper) addEventListener("load", () => keeper.dispatchEvent(new Event("again")));
  }

  function forgetSent() {
    const sent = sessionStorage.getItem("sent");
    sessionStorage.removeItem("sent");
    // The form is gone from the screen: it was accepted.
    if (sent && document.body.dataset.page === "ok" && !document.querySelector(`form[data-draft="${CSS.escape(sent)}"]`))
      sessionStorage.removeItem(DRAFT + sent);
  }

  forgetSent();
  for (const form of document.querySelectorAll("form[data-draft]")) bringBack(form);
  let timer = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => keep(form), 400);
  });

  // -- a form with data-keeps in it is kept by the server as well, while one types ----------------------------------------
  // A form that is on its way asks for nothing more, and nothing that comes late touches the page.
  for (const step of ["htmx:before:request", "htmx:before:swap"])
    document.addEventListener(step, (event) => {
      const form = event.target.closest && event.target.closest("form[data-draft][data-sending]");
      if (form && !event.target.matches("button")) event.preventDefault();
    });
  const sending = new Map();
  const keeperOf = (event) => event.target.closest && event.target.closest("[data-keeps]");
  document.addEventListener("htmx:before:request", (event) => {
    const keeper = keeperOf(event);
    if (keeper) sending.set(keeper, typedIn(keeper.closest("form")));
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const keeper = keeperOf(event);
    const answer = event.detail && event.detail.ctx && event.detail.ctx.response;
    if (!keeper || !sending.has(keeper) || (answer && answer.status >= 400)) return;
    served.set(keeper.closest("form"), sending.get(keeper));
    keep(keeper.closest("form"));
  });
  document.addEventListener("htmx:error", (event) => {
    const keeper = keeperOf(event);
    if (!keeper) return;
    keep(keeper.closest("form"));
    keeper.textContent = keeper.dataset.unkept;
    setTimeout(() => keeper.isConnected && keeper.dispatchEvent(new Event("again")), 5000);
  });

  // -- cells copied from a sheet fill the boxes from the one they are pasted into, to the right and down ---------------------
  document.addEventListener("paste", (event) => {
    const cell = event.target.closest && event.target.closest("[data-sheet-cell]");
    const text = cell && event.clipboardData && event.clipboardData.getData("text/plain").replace(/\r?\n$/, "");
    if (!text || !/[\t\n]/.test(text)) return;
    event.preventDefault();
    const sheet = cell.closest("[data-sheet]");
    const rows = [...sheet.querySelectorAll("[data-sheet-row]")];
    const columns = ["numerator", "denominator", "source", "extracted_at", "note"];
    const left = columns.indexOf(cell.dataset.sheetCell);
    const top = rows.indexOf(cell.closest("[data-sheet-row]"));
    let filled = 0;
    text.split(/\r?\n/).forEach((line, down) => {
      line.split("\t").forEach((value, right) => {
        const box = rows[top + down] && rows[top + down].querySelector(`[data-sheet-cell="${columns[left + right]}"]`);
        if (!box || !value.trim()) return;
        box.value = value.trim();
        filled += 1;
      });
    });
    sheet.querySelector("[data-sheet-told]").textContent = sheet.dataset.filled.replace("{n}", filled);
    cell.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // -- one press sends once ----------------------------------------------------------------------------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.clearsDrafts !== undefined)
      for (const key of Object.keys(sessionStorage)) if (key.startsWith(DRAFT)) sessionStorage.removeItem(key);
    if (form.method !== "post") return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "1";
    if (form.dataset.draft) {
      keep(form);
      sessionStorage.setItem("sent", form.dataset.draft);
    }
    // Long enough for an answer; after that a second try must be possible.
    setTimeout(() => delete form.dataset.sending, 15000);
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
  });
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.target.closest && event.target.closest("form");
    if (form) delete form.dataset.sending;
  });

  // -- a finding leads to its place in the text that it speaks of (data-line, data-column) --------------------------------------
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    const text = link && document.querySelector(link.hash);
    if (!text) return;
    event.preventDefault();
    const hidden = text.closest("details");
    if (hidden) hidden.open = true;
    const line = Number(link.dataset.line);
    const before = text.value.split("\n").slice(0, line - 1);
    const start = before.reduce((sum, one) => sum + one.length + 1, 0) + Number(link.dataset.column) - 1;
    const end = text.value.indexOf("\n", start);
    text.focus();
    text.setSelectionRange(start, end < 0 ? text.value.length : end);
    text.scrollTop = (line - 4) * (text.scrollHeight / text.value.split("\n").length);
  });

  // -- focus where the reader must look ------------------------------------------------------------------------------------
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  // -- j and k walk a list, x ticks, Enter opens (switched off by data-letters="off") -----------------------------------------
  if (words.letters !== "off")
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, textarea, select, [contenteditable]")) return;
      const rows = [...document.querySelectorAll("[data-row]")];
      const at = rows.findIndex((row) => row.contains(document.activeElement));
      if (event.key === "j" || event.key === "k") {
        const next = rows[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
        const link = next && next.querySelector("a");
        if (link) link.focus();
      } else if (event.key === "x" && at >= 0) {
        const box = rows[at].querySelector("input[type=checkbox]");
        if (box) box.click();
      }
    });
})();
