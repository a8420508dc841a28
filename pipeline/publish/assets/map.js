"use strict";
// Facilities, paths, crossings and names on the ground that folium drew (map_basin).
(function () {
  const map = window.map_basin;
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const box = document.getElementById("map-box");
  const root = document.documentElement;
  const SIZE = 22;
  const PART_SIZE = 16;
  const state = { theme: null, chosen: null, crossing: null, visible: null, layers: {} };
  document.querySelectorAll('[data-control="layer"]').forEach((c) => {
    state.layers[c.value] = c.checked;
  });
  const first = document.querySelector('[data-control="theme"]');
  state.theme = first.value;

  const language = () => root.dataset.lang;
  const group = {
    rivers: L.layerGroup().addTo(map),
    uncertainty: L.layerGroup(),
    paths: L.layerGroup(),
    crossings: L.layerGroup(),
    places: L.layerGroup(),
    countries: L.layerGroup().addTo(map),
    leaders: L.layerGroup().addTo(map),
    facilities: L.layerGroup().addTo(map),
    chosen: L.layerGroup().addTo(map),
  };
  const water = L.canvas({ pane: "water", padding: 0.3 });
  const paths = L.svg({ pane: "paths", padding: 0.3 });
  const leaders = L.svg({ pane: "leaders", padding: 0.3 });

  // Rivers of the network, and those below any facility.
  const below = new Set();
  data.facilities.forEach((f) => f.path.forEach((id) => below.add(String(id))));
  Object.keys(data.reaches).forEach((id) => {
    const reach = data.reaches[id];
    L.polyline(reach.l, {
      renderer: water, pane: "water", color: "#7aa9cc", weight: reach.w, interactive: false,
    }).addTo(group.rivers);
    if (below.has(id)) {
      L.polyline(reach.l, {
        renderer: water, pane: "water", color: "#3f88b5", weight: reach.w + 1.1,
        opacity: 0.75, interactive: false,
      }).addTo(group.paths);
    }
  });

  data.facilities.forEach((f) => {
    if (f.radius_m) {
      L.circle(f.at, {
        radius: f.radius_m, renderer: paths, pane: "paths", color: "#4c5866", weight: 1,
        dashArray: "3 3", fillOpacity: 0.06, interactive: false,
      }).addTo(group.uncertainty);
    }
  });

  // Names.
  const named = [];
  function nameIcon(css, text) {
    const span = document.createElement("span");
    span.textContent = text;
    return L.divIcon({ className: css, html: span, iconSize: null });
  }
  function addName(target, css, item) {
    const marker = L.marker(item.at, {
      icon: nameIcon(css, item.name[language()]), interactive: false, keyboard: false, pane: "shadowPane",
    });
    marker.natech = { css: css, item: item, target: target };
    named.push(marker);
    return marker;
  }
  data.places.forEach((p) => addName(group.places, "place-name", p));
  data.countries.forEach((c) => addName(
    group.countries, c.inside ? "country-name" : "country-name outer", c));
  function showNames() {
    const zoom = map.getZoom();
    named.forEach((marker) => {
      const item = marker.natech.item;
      const fits = item.zoom === undefined
        ? zoom < 8.5 && zoom >= (item.inside ? 4.5 : 5.5) : zoom >= item.zoom - 0.25;
      if (fits) marker.addTo(marker.natech.target);
      else marker.natech.target.removeLayer(marker);
    });
  }

  // Border crossings.
  data.crossings.forEach((c) => {
    const marker = L.marker(c.at, {
      icon: L.divIcon({
        className: "crossing-icon" + (c.disputed ? " disputed" : ""), iconSize: [9, 9],
      }),
      keyboard: Boolean(c.sheet), zIndexOffset: -500,
    });
    marker.addTo(group.crossings);
    c.marker = marker;
    if (c.sheet) {
      marker.bindPopup(() => crossingPopup(c), { minWidth: 180, autoPanPadding: [30, 30] });
      marker.on("popupopen", (event) => {
        state.crossing = c;
        const element = marker.getElement();
        if (element && element.matches(":focus-visible")) {
          event.popup.getElement().querySelector("a.button").focus();
        }
      });
      marker.on("popupclose", () => { state.crossing = null; });
      marker.on("add", () => nameCrossing(c));
    }
    nameCrossing(c);
  });
  // The chosen facility's crossings carry their number, the first one its arrival.
  function nameCrossing(c) {
    const reached = state.chosen && c.reached[state.chosen];
    const words = reached ? reached.text[language()] : c.label[language()];
    const first = reached && reached.number === 1;
    c.marker.unbindTooltip();
    c.marker.bindTooltip(() => text(reached && !first ? String(reached.number) : words), {
      direction: "top", offset: [0, -3], permanent: Boolean(reached),
      className: reached && !first ? "order" : "arrival",
    });
    const element = c.marker.getElement();
    if (!element) return;
    element.title = words;
    if (c.sheet) element.setAttribute("aria-label", words);
  }
  function crossingPopup(c) {
    const reached = state.chosen && c.reached[state.chosen];
    const holder = document.createElement("div");
    const name = document.createElement("p");
    name.textContent = reached ? reached.text[language()] : c.label[language()];
    const link = document.createElement("a");
    link.className = "button";
    link.href = "contingency.html?lang=" + language() + "#" + encodeURIComponent(c.sheet);
    link.textContent = box.getAttribute("data-sheet-" + language());
    holder.append(name, link);
    return holder;
  }
  function text(content) {
    const span = document.createElement("span");
    span.textContent = content;
    return span;
  }

  // Facilities.
  const markers = new Map();
  data.facilities.forEach((f) => {
    const marker = L.marker(f.at, { icon: icon(f), riseOnHover: true });
    marker.natech = f;
    marker.bindTooltip(() => text(f.name[language()]), { direction: "top", offset: [0, -8] });
    marker.bindPopup(() => popup(f), { maxWidth: 340, minWidth: 260, autoPanPadding: [30, 30] });
    marker.on("popupopen", (event) => {
      choose(f.id);
      const element = marker.getElement();
      if (element && element.matches(":focus-visible")) {
        event.popup.getElement().querySelector("a.button").focus();
      }
    });
    markers.set(f.id, marker);
  });

  function icon(f) {
    const member = f.themes[data.themes.indexOf(state.theme)];
    const size = f.part ? PART_SIZE : SIZE;
    const holder = document.createElement("span");
    // The symbol is the project's own drawing; no text of an inventory is in it.
    holder.innerHTML = data.symbols[state.theme][member[0]];
    if (member[1]) {
      const glyph = document.createElementNS("http://www.w3.org/2000/svg", "text");
      glyph.setAttribute("x", "11");
      glyph.setAttribute("y", "15");
      glyph.setAttribute("text-anchor", "middle");
      glyph.setAttribute("font-size", member[1].length > 2 ? "9" : "10.5");
      glyph.setAttribute("class", "glyph");
      glyph.setAttribute("fill", data.dark[state.theme][member[0]] ? "#fff" : "#14212e");
      glyph.textContent = member[1];
      holder.firstChild.appendChild(glyph);
    }
    // A loose place: the order is not firm, and the outline says so.
    if (member[2]) holder.firstChild.classList.add("loose");
    const css = "fac" + (f.part ? " fac-part" : "") + (state.chosen === f.id ? " chosen" : "");
    return L.divIcon({ className: css, html: holder.firstChild, iconSize: [size, size] });
  }

  // A popup shows the facility's row of the table: nodes are copied, texts stay texts.
  function popup(f) {
    const lang = language();
    const table = document.querySelector("#table-" + lang + " table");
    const row = table.querySelector('tr[data-id="' + CSS.escape(f.id) + '"]');
    const holder = document.createElement("div");
    holder.className = "popup";
    holder.lang = lang;
    const name = document.createElement("h3");
    name.textContent = row.cells[0].querySelector("a").textContent;
    const about = document.createElement("p");
    about.className = "note";
    about.textContent = row.cells[0].querySelector(".note").textContent + ", " +
      row.cells[2].textContent + " · " + row.cells[1].textContent;
    const body = document.createElement("tbody");
    for (let i = 3; i < row.cells.length; i += 1) {
      const line = body.insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = table.tHead.rows[0].cells[i].textContent;
      line.appendChild(head);
      const cell = line.insertCell();
      row.cells[i].childNodes.forEach((node) => cell.appendChild(node.cloneNode(true)));
    }
    const lines = document.createElement("table");
    lines.appendChild(body);
    const link = document.createElement("p");
    link.className = "to-profile";
    const button = document.createElement("a");
    button.className = "button";
    button.href = "profiles/" + encodeURIComponent(f.id) + ".html?lang=" + lang;
    button.textContent = box.getAttribute("data-profile-" + lang);
    link.appendChild(button);
    holder.append(name, about, lines, link);
    return holder;
  }

  function isShown(f) {
    if (state.visible && !state.visible.has(f.id)) return false;
    return !f.part || state.layers.parts;
  }

  // Symbols that would cover each other are moved apart; a line leads to the place.
  function spread() {
    const shown = data.facilities.filter(isShown);
    const home = shown.map((f) => map.latLngToLayerPoint(f.at));
    const spot = home.map((p, i) => L.point(
      p.x + 0.01 * Math.cos(i * 2.4), p.y + 0.01 * Math.sin(i * 2.4)));
    const gap = SIZE - 1;
    for (let round = 0; round < 80; round += 1) {
      let moved = false;
      for (let i = 0; i < spot.length; i += 1) {
        for (let j = i + 1; j < spot.length; j += 1) {
          const dx = spot[j].x - spot[i].x;
          const dy = spot[j].y - spot[i].y;
          const away = Math.hypot(dx, dy);
          if (away < gap) {
            const push = (gap - away) / 2 / (away || 1);
            spot[i].x -= dx * push; spot[i].y -= dy * push;
            spot[j].x += dx * push; spot[j].y += dy * push;
            moved = true;
          }
        }
      }
      if (!moved) break;
    }
    group.leaders.clearLayers();
    shown.forEach((f, i) => {
      markers.get(f.id).setLatLng(map.layerPointToLatLng(spot[i]));
      if (home[i].distanceTo(spot[i]) < 5) return;
      L.polyline([f.at, map.layerPointToLatLng(spot[i])], {
        renderer: leaders, pane: "leaders", color: "#2b3947", weight: 1, opacity: 0.8, interactive: false,
      }).addTo(group.leaders);
      L.circleMarker(f.at, {
        renderer: leaders, pane: "leaders", radius: 2, color: "#2b3947", weight: 1,
        fillColor: "#fff", fillOpacity: 1, interactive: false,
      }).addTo(group.leaders);
    });
  }

  function drawFacilities() {
    data.facilities.forEach((f) => {
      const marker = markers.get(f.id);
      if (!isShown(f)) {
        group.facilities.removeLayer(marker);
        return;
      }
      marker.addTo(group.facilities);
      marker.setIcon(icon(f));
      const rank = f.themes[data.themes.indexOf(state.theme)][0];
      marker.setZIndexOffset(f.part ? -200 : -10 * rank);
      label(marker);
    });
    spread();
  }

  function label(marker) {
    const element = marker.getElement();
    if (!element) return;
    element.setAttribute("aria-label", marker.natech.name[language()]);
    element.dataset.id = marker.natech.id;
  }

  function choose(id) {
    const before = state.chosen;
    state.chosen = id;
    group.chosen.clearLayers();
    [before, id].forEach((key) => {
      const element = key && markers.get(key) && markers.get(key).getElement();
      if (element) element.classList.toggle("chosen", key === id);
    });
    document.querySelectorAll("tr[data-id]").forEach((row) => {
      row.classList.toggle("chosen", row.dataset.id === id);
    });
    data.crossings.forEach(nameCrossing);
    const f = data.facilities.find((item) => item.id === id);
    if (!f) return;
    const lines = f.path.map((key) => data.reaches[String(key)]).filter(Boolean);
    lines.forEach((reach) => {
      L.polyline(reach.l, {
        renderer: paths, pane: "paths", color: "#0b6e99", weight: 4.5, opacity: 0.9, interactive: false,
      }).addTo(group.chosen);
    });
    if (f.entry) {
      L.polyline([f.at, f.entry], {
        renderer: paths, pane: "paths", color: "#0b6e99", weight: 2, dashArray: "2 5", interactive: false,
      }).addTo(group.chosen);
    }
    if (f.radius_m) {
      L.circle(f.at, {
        radius: f.radius_m, renderer: paths, pane: "paths", color: "#06435e", weight: 1.4,
        dashArray: "4 3", fillOpacity: 0.08, interactive: false,
      }).addTo(group.chosen);
    }
  }

  function showTheme() {
    document.querySelectorAll("[data-legend]").forEach((block) => {
      block.hidden = block.dataset.legend !== state.theme;
    });
    drawFacilities();
  }

  function showLayers() {
    ["uncertainty", "paths", "crossings", "places"].forEach((name) => {
      if (state.layers[name]) map.addLayer(group[name]);
      else map.removeLayer(group[name]);
    });
    ["relief", "hazard_index"].forEach((name) => {
      map.getPane(name).style.display = state.layers[name] ? "" : "none";
    });
    document.querySelectorAll("[data-layer-legend]").forEach((block) => {
      block.hidden = !state.layers[block.dataset.layerLegend];
    });
  }

  // Zoom buttons with names in the page's language.
  const zoom = L.control.zoom({ position: "topleft" }).addTo(map);
  const reset = document.createElement("a");
  reset.href = "#";
  reset.className = "reset-view";
  reset.setAttribute("role", "button");
  reset.textContent = "⌂";
  reset.addEventListener("click", (event) => {
    event.preventDefault();
    choose(null);
    fit();
  });
  zoom.getContainer().appendChild(reset);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);

  function speak() {
    const lang = language();
    const say = (name) => box.getAttribute("data-" + name + "-" + lang) || "";
    box.setAttribute("aria-label", say("label"));
    const links = zoom.getContainer().querySelectorAll("a");
    [["in", links[0]], ["out", links[1]], ["reset", reset]].forEach(([name, link]) => {
      link.title = say(name);
      link.setAttribute("aria-label", say(name));
    });
    named.forEach((m) => m.setIcon(nameIcon(m.natech.css, m.natech.item.name[lang])));
    markers.forEach((marker) => {
      label(marker);
      if (marker.isPopupOpen()) marker.getPopup().update();
    });
    if (state.crossing) state.crossing.marker.getPopup().update();
    choose(state.chosen);
  }

  function fit() {
    const narrow = box.clientWidth < 520;
    map.fitBounds(narrow ? data.bounds_facilities : data.bounds, { padding: [12, 12], animate: false });
  }

  // Escape closes the popup wherever the focus is, and gives it back to the symbol.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const marker = state.crossing ? state.crossing.marker : markers.get(state.chosen);
    map.closePopup();
    if (marker && box.contains(document.activeElement)) marker.getElement().focus();
  });

  // On paper the map has a size of its own: it is laid out for it and then put back.
  window.addEventListener("beforeprint", () => {
    box.style.width = "700px";
    box.style.height = "446px";
    map.invalidateSize({ animate: false });
    if (!state.chosen) fit();
    spread();
  });
  window.addEventListener("afterprint", () => {
    box.style.width = "";
    box.style.height = "";
    map.invalidateSize({ animate: false });
    spread();
  });

  document.addEventListener("natech:language", speak);
  document.addEventListener("natech:filter", (event) => {
    state.visible = event.detail;
    drawFacilities();
  });
  document.addEventListener("natech:control", (event) => {
    const change = event.detail;
    if (change.name === "theme") {
      state.theme = change.value;
      showTheme();
    } else if (change.name === "layer") {
      state.layers[change.value] = change.checked;
      showLayers();
      if (change.value === "parts") drawFacilities();
    }
  });
  map.on("zoomend", () => { spread(); showNames(); });
  map.on("click", () => choose(null));

  fit();
  showLayers();
  showTheme();
  showNames();
  speak();
  const asked = decodeURIComponent(location.hash.slice(1));
  if (markers.has(asked)) markers.get(asked).openPopup();
  document.body.dataset.mapReady = String(markers.size);
})();
