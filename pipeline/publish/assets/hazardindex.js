// Picture of the multi-hazard index: the present, or its change in a climate case.
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const image = document.querySelector(".leaflet-hazard_index-pane img");
  if (!image || !data.index_cases) return;
  const present = image.src;

  function show(chosen) {
    const address = data.index_cases[chosen];
    image.src = address || present;
    document.querySelectorAll("[data-index-legend]").forEach((block) => {
      block.hidden = block.dataset.indexLegend !== (address ? "change" : "present");
    });
  }

  document.addEventListener("natech:control", (event) => {
    if (event.detail.name === "index_case") show(event.detail.value);
  });
})();
