"use strict";
// Language of the page, and the table: sorting and filtering. Works without the map.
(function () {
  const root = document.documentElement;
  const buttons = Array.from(document.querySelectorAll("[data-set-lang]"));
  const known = buttons.map((b) => b.dataset.setLang);

  function remembered() {
    const asked = new URLSearchParams(location.search).get("lang");
    if (known.includes(asked)) return asked;
    try {
      const kept = localStorage.getItem("natech-lang");
      if (known.includes(kept)) return kept;
    } catch (error) { /* storage may be closed to local files */ }
    return root.dataset.lang;
  }

  function setLanguage(lang) {
    root.lang = lang;
    root.dataset.lang = lang;
    document.title = document.body.getAttribute("data-title-" + lang) || document.title;
    buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.setLang === lang)));
    document.querySelectorAll("a[data-page]").forEach((a) => {
      const page = a.getAttribute("href").split(/[?#]/)[0];
      a.setAttribute("href", page + "?lang=" + lang + (a.dataset.hash ? "#" + a.dataset.hash : ""));
    });
    try { localStorage.setItem("natech-lang", lang); } catch (error) { /* as above */ }
    document.dispatchEvent(new CustomEvent("natech:language", { detail: lang }));
  }

  buttons.forEach((b) => b.addEventListener("click", () => setLanguage(b.dataset.setLang)));
  setLanguage(remembered());

  // A control stands once in each language: all copies keep one value.
  document.addEventListener("input", (event) => {
    const control = event.target.closest("[data-control]");
    if (!control) return;
    const name = control.dataset.control;
    document.querySelectorAll('[data-control="' + name + '"]').forEach((other) => {
      if (control.type === "checkbox") {
        if (other.value === control.value) other.checked = control.checked;
      } else {
        other.value = control.value;
      }
    });
    if (["search", "country", "status"].includes(name)) filter();
    document.dispatchEvent(new CustomEvent("natech:control", {
      detail: { name: name, value: control.value, checked: control.checked },
    }));
  });

  function value(name) {
    const control = document.querySelector('[data-control="' + name + '"]');
    return control ? control.value : "";
  }

  function filter() {
    const text = value("search").trim().toLowerCase();
    const country = value("country");
    const status = value("status");
    const shown = new Set();
    document.querySelectorAll("table[data-table]").forEach((table) => {
      table.querySelectorAll("tbody tr").forEach((row) => {
        const fits = (!text || row.dataset.search.includes(text)) &&
          (!country || row.dataset.country === country) &&
          (!status || row.dataset.status === status);
        row.hidden = !fits;
        if (fits) shown.add(row.dataset.id);
      });
    });
    document.querySelectorAll("output.shown").forEach((output) => {
      output.textContent = output.dataset.shown.replace("#", String(shown.size));
    });
    document.dispatchEvent(new CustomEvent("natech:filter", { detail: shown }));
  }

  function sortKey(cell) {
    const text = cell.dataset.s;
    if (text === undefined) return null;
    return "n" in cell.dataset ? Number(text) : text;
  }

  function sort(table, column, descending) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows).map((row, i) => [sortKey(row.cells[column]), i, row]);
    rows.sort((a, b) => {
      if (a[0] === null || b[0] === null) {
        return (a[0] === null) - (b[0] === null) || a[1] - b[1];
      }
      const order = typeof a[0] === "number" && typeof b[0] === "number"
        ? a[0] - b[0]
        : String(a[0]).localeCompare(String(b[0]), root.lang);
      return (descending ? -order : order) || a[1] - b[1];
    });
    rows.forEach((entry) => body.appendChild(entry[2]));
  }

  document.querySelectorAll("table[data-table] button[data-sort]").forEach((button) => {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const descending = head.getAttribute("aria-sort") === "ascending";
      const column = Number(button.dataset.sort);
      document.querySelectorAll("table[data-table]").forEach((table) => {
        const heads = Array.from(table.tHead.rows[0].cells);
        heads.forEach((th) => th.removeAttribute("aria-sort"));
        heads[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
        sort(table, column, descending);
      });
    });
  });
})();
