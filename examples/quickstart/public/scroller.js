/** Who is this near to the end reads along. */
const NEAR_PX = 60;

/** Keeps the newest message in sight, also when a keyboard makes the page smaller, unless the person has scrolled up. */
export class Scroller {
  #element;
  #readsAlong = true;
  #lastTop = 0;

  constructor(element, content) {
    this.#element = element;
    element.addEventListener('scroll', () => this.#scrolled());
    const observer = new ResizeObserver(() => {
      if (this.#readsAlong) this.toEnd();
    });
    observer.observe(element);
    observer.observe(content);
  }

  toEnd() {
    this.#readsAlong = true;
    this.#element.scrollTop = this.#element.scrollHeight;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#element;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    // Only people scroll up; a message that came in meanwhile leaves the end further away too.
    if (isNear || scrollTop < this.#lastTop) this.#readsAlong = isNear;
    this.#lastTop = scrollTop;
  }
}
