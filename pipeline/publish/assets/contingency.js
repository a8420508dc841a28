"use strict";
// Contingency sheet: order of the facilities in every table, and filter of places.
(function () {
  const orders = Array.from(document.querySelectorAll("button[data-order]"));
  const filters = Array.from(document.querySelectorAll("input[data-place-filter]"));
  const places = Array.from(document.querySelectorAll("[data-place]"));

  function sort(order) {
    orders.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.order === order)));
    document.querySelectorAll("table[data-upstream]").forEach((table) => {
      const body = table.tBodies[0];
      Array.from(body.rows)
        .sort((a, b) => Number(a.dataset[order]) - Number(b.dataset[order]))
        .forEach((row) => {
          row.cells[0].textContent = row.dataset[order];
          body.appendChild(row);
        });
    });
  }

  function filter(text) {
    const wanted = text.trim().toLowerCase();
    let shown = 0;
    places.forEach((place) => {
      place.hidden = wanted !== "" && !place.dataset.search.includes(wanted);
      if (!place.hidden) shown += 1;
    });
    filters.forEach((input) => { if (input.value !== text) input.value = text; });
    document.querySelectorAll("output.places-shown").forEach((output) => {
      output.textContent = output.dataset.text.replace("#", String(shown));
    });
  }

  // A link may lead to a place that the filter hides.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.hidden) {
      filter("");
      target.scrollIntoView();
    }
  }

  // Places are scrolled to below the bar of controls, whose height follows its words.
  function measure() {
    const bars = Array.from(document.querySelectorAll(".tools"));
    const high = bars.map((bar) => getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0);
    document.documentElement.style.setProperty("--tools", Math.max(0, ...high) + "px");
  }

  measure();
  window.addEventListener("resize", measure);
  document.addEventListener("natech:language", measure);
  orders.forEach((b) => b.addEventListener("click", () => sort(b.dataset.order)));
  filters.forEach((input) => input.addEventListener("input", () => filter(input.value)));
  window.addEventListener("hashchange", reveal);
})();
