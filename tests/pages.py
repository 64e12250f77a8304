"""What a page of HTML holds, and whether its tags balance."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """What a page holds; refuses one whose tags do not balance."""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.links, self.headings = [], [], [], []
        self.tags, self.text, self.heat, self.titles = [], "", [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in VOID:
            self.open.append((tag, dict(attributes).get("class") or ""))
        if self._in_heat() and tag == "span":
            self.heat.append("")
            self.titles.append(dict(attributes)["title"])

    def handle_startendtag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [
            value
            for name, value in attributes.items()
            if name in ("src", "href", "xlink:href", "action", "data", "srcset")
        ]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag, tag

    def handle_data(self, data):
        self.text += data
        if self._in_heat() and self.open[-1][0] == "span":
            self.heat[-1] += data
        else:
            assert not self._in_heat(), f"text between tokens: {data!r}"

    def _in_heat(self):
        return ("pre", "heat") in self.open
