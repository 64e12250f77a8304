// Elements out of text. Nothing here ever reads text as HTML, so text of any origin stays text.

export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

export function replace(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null));
}

// `style` is an object of properties: a policy of the page may forbid the attribute, not the properties.
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") Object.entries(value).forEach(([key, one]) => element.style.setProperty(key, one));
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

// A group of which one is chosen: arrows, Home and End move, and what has the focus is chosen. `beside` says
// to which place a key leads from another.
export function roving(items, choose, beside = inRow(items.length - 1)) {
  const go = (place) => {
    items.forEach((item, n) => item.setAttribute("tabindex", n === place ? "0" : "-1"));
    items[place].focus();
    choose(place);
  };
  items.forEach((item, place) => {
    item.addEventListener("keydown", (event) => {
      const to = beside(event.key, place);
      if (to === undefined) return;
      event.preventDefault();
      go(to);
    });
  });
}

const inRow = (last) => (key, place) => {
  const [next, before] = [Math.min(place + 1, last), Math.max(place - 1, 0)];
  return { ArrowRight: next, ArrowDown: next, ArrowLeft: before, ArrowUp: before, Home: 0, End: last }[key];
};
