"use strict";
const page = document.documentElement;
page.classList.add("script");
const all = (root, what) => Array.from(root.querySelectorAll(what));

for (const range of all(document, ".map-strength")) {
  const set = () => {
    range.closest(".file").style.setProperty("--map", range.value / 100);
    range.setAttribute("aria-valuetext", `${range.value} percent`);
  };
  range.addEventListener("input", set);
}

for (const stage of all(document, "[data-lens]")) {
  const svg = stage.querySelector("svg");
  const box = svg.viewBox.baseVal;
  const lens = svg.querySelector("clipPath circle");
  const curtain = svg.querySelector("clipPath rect");
  const move = (event) => {
    const place = svg.getBoundingClientRect();
    lens.setAttribute("cx", box.x + ((event.clientX - place.left) / place.width) * box.width);
    lens.setAttribute("cy", box.y + ((event.clientY - place.top) / place.height) * box.height);
    lens.setAttribute("r", Math.min(box.width, box.height) / 4.5);
  };
  stage.addEventListener("pointerdown", move);
  stage.addEventListener("pointermove", move);
  stage.addEventListener("pointerleave", () => lens.setAttribute("r", 0));
  const range = stage.closest("figure").querySelector(".wipe-range");
  range.addEventListener("input", () => {
    curtain.setAttribute("width", (box.width * range.value) / 100);
    range.setAttribute("aria-valuetext", `${range.value} percent`);
  });
}

for (const figure of all(document, "[data-timeline]")) {
  const looks = all(figure, ".strip button");
  const range = figure.querySelector(".moment");
  const shown = figure.querySelector(".look use");
  const spoken = figure.querySelector(".spoken");
  const now = figure.querySelector(".now");
  const strip = figure.querySelector(".strip");
  const choose = (number) => {
    const look = looks[number];
    looks.forEach((one, k) => (k === number ? one.setAttribute("aria-current", "true") : one.removeAttribute("aria-current")));
    shown.setAttribute("href", `#${look.querySelector("g").id}`);
    now.setAttribute("d", `M${look.dataset.x} 0V100`);
    spoken.textContent = look.dataset.told;
    range.value = number;
    range.setAttribute("aria-valuetext", look.dataset.told);
    strip.scrollLeft = look.offsetLeft - strip.offsetLeft - strip.clientWidth / 2 + look.clientWidth / 2;
  };
  choose(Number(range.value));
  range.addEventListener("input", () => choose(Number(range.value)));
  looks.forEach((look, number) => look.addEventListener("click", () => choose(number)));
  const chart = figure.querySelector(".chart svg");
  const follow = (event) => {
    const place = chart.getBoundingClientRect();
    const x = (100 * (event.clientX - place.left)) / place.width;
    const away = looks.map((look) => Math.abs(look.dataset.x - x));
    choose(away.indexOf(Math.min(...away)));
  };
  chart.addEventListener("pointerdown", follow);
  chart.addEventListener("pointermove", (event) => event.buttons && follow(event));
}
