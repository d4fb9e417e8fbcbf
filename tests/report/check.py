#!/usr/bin/env python3
"""Opens a job's report.html in headless Chromium, clicks through it in light and dark, and fails on
any complaint of the console, request, contrast that is too low, or part that can't be reached.

    tests/report/check.py JOB_DIR PICTURES_DIR
"""

import base64
import csv
import pathlib
import sys
import xml.etree.ElementTree

import chromium

SECTIONS = {"curves", "confusion", "mistakes", "layers", "speed", "repeat"}

# WCAG 2.2, 1.4.3: 4.5 for text, 3 for large text. Backgrounds may be translucent, one over another.
CONTRASTS = """
(() => {
  const channels = text => {
    const made = text.match(/[\\d.]+/g).map(Number);
    return made.length < 4 ? [...made, 1] : made;
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const background = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      layers.push(channels(getComputedStyle(e).backgroundColor));
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const luminance = color => {
    const [r, g, b] = color.map(c => c / 255)
        .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let checked = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || ["title", "desc"].includes(element.localName)) continue;
    const style = getComputedStyle(element);
    const behind = background(element);
    const svg = element.closest("svg");
    const front = over(channels(svg ? style.fill : style.color), behind);
    const [a, b] = [luminance(front), luminance(behind)];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    ++checked;
    if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) {
      low.push(`${ratio.toFixed(2)}: '${node.data.trim().slice(0, 40)}' in ${element.localName}`);
    }
  }
  return {checked, low};
})()
"""

failures: list[str] = []


def require(claim: bool, text: str) -> None:
    if not claim:
        failures.append(text)


def check_numbers(html: str, history: pathlib.Path) -> None:
    with history.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    for row in rows:
        for number in row[1:]:
            require(f"<td>{number}</td>" in html, f"{number} of history.csv is not in the report")


def check_structure(page: chromium.Chromium) -> None:
    found = set(page.evaluate("[...document.querySelectorAll('section')].map(s => s.id)"))
    require(found == SECTIONS, f"sections: {found}")
    for query, what in [("img:not([alt])", "pictures without a text"),
                        ("svg:not([role=img])", "drawings without a role"),
                        ("th:not([scope])", "headings of tables without a scope"),
                        ("script", "scripts")]:
        require(page.evaluate(f"document.querySelectorAll({query!r}).length") == 0, what)
    titles = page.evaluate("[...document.querySelectorAll('svg')].every("
                           "s => s.querySelector('title').textContent)")
    require(titles, "a drawing has no title")
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.localName[1])")
    require(levels[0] == 1 and levels.count(1) == 1, "there is one first heading")
    require(all(b - a <= 1 for a, b in zip(levels, levels[1:])), "headings skip no level")


def click_through(page: chromium.Chromium) -> None:
    """Each link of the navigation, then each part that opens."""
    for index in range(page.evaluate("document.querySelectorAll('nav a').length")):
        x, y = page.evaluate(f"""(() => {{ scrollTo(0, 0);
            const box = document.querySelectorAll('nav a')[{index}].getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; }})()""")
        page.click(x, y)
        at = page.evaluate("location.hash.slice(1)")
        top = page.evaluate(f"document.getElementById({at!r})?.getBoundingClientRect().top ?? NaN")
        height = page.evaluate("innerHeight")
        require(at in SECTIONS and top is not None and -1 <= top < height, f"link {index} leads to '{at}' at {top}")
    for index in range(page.evaluate("document.querySelectorAll('summary').length")):
        x, y = page.evaluate(f"""(() => {{
            const summary = document.querySelectorAll('summary')[{index}];
            summary.scrollIntoView({{block: 'center'}});
            const box = summary.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; }})()""")
        page.click(x, y)
        require(page.evaluate(f"document.querySelectorAll('details')[{index}].open"),
                f"part {index} does not open")


def photograph(page: chromium.Chromium, path: pathlib.Path) -> None:
    page.evaluate("scrollTo(0, 0)")
    picture = page.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
    path.write_bytes(base64.b64decode(picture["data"]))


def check_looks(page: chromium.Chromium, url: str, name: str, width: int, scheme: str,
                pictures: pathlib.Path) -> None:
    page.resize(width, 900)
    page.prefer("screen", scheme)
    page.open(url)
    photograph(page, pictures / f"{name}.png")
    click_through(page)
    contrasts = page.evaluate(CONTRASTS)
    require(contrasts["checked"] > 100, "contrast: too little text was found")
    failures.extend(f"{name}: contrast {low}" for low in contrasts["low"])
    wide = page.evaluate("document.documentElement.scrollWidth")
    require(wide <= width, f"{name}: the page is {wide} wide")


def main() -> None:
    program = chromium.find()
    if program is None:
        print("report-check: skipped, there is no Chromium (apt-get install chromium)")
        return
    job, pictures = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    pictures.mkdir(parents=True, exist_ok=True)
    report = job / "report.html"
    html = report.read_text(encoding="utf-8")
    xml.etree.ElementTree.fromstring(html)  # well formed, or it throws
    check_numbers(html, job / "history.csv")
    with chromium.Chromium(program) as page:
        for name, width, scheme in [("light", 1240, "light"), ("dark", 1240, "dark"),
                                    ("narrow", 400, "light")]:
            check_looks(page, report.as_uri(), name, width, scheme, pictures)
        check_structure(page)
        page.resize(794, 1123)  # A4 at 96 dots an inch
        page.prefer("print", "dark")
        page.open(report.as_uri())
        photograph(page, pictures / "print.png")
        (pictures / "print.pdf").write_bytes(
            base64.b64decode(page.call("Page.printToPDF", printBackground=True)["data"]))
        failures.extend(f"console: {text}" for text in page.complaints)
        outside = {url for url in page.events if not url.startswith(("file:", "data:", "about:"))}
        require(not outside, f"requests: {outside}")
    print("\n".join(failures) or f"report-check: ok, {len(html)} bytes; pictures in {pictures}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
