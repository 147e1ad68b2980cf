"""Raw HTML in Markdown, as CommonMark defines it. The patterns are possessive, so none of them backtracks."""

import re

_ATTRIBUTE = r"""\s++[A-Za-z_:][A-Za-z0-9_.:-]*+(?:\s*+=\s*+(?:[^\s"'=<>`]++|'[^']*+'|"[^"]*+"))?+"""
_TAG = rf"(?:<[A-Za-z][A-Za-z0-9-]*+(?:{_ATTRIBUTE})*+\s*+/?>|</[A-Za-z][A-Za-z0-9-]*+\s*+>)"
_AUTOLINK = r"<[A-Za-z][A-Za-z0-9+.-]{1,31}+:[^<>\x00-\x20]*+>|<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]++@[A-Za-z0-9.-]++>"
_BLOCK_ELEMENTS = (
    "address|article|aside|basefont|base|blockquote|body|caption|center|colgroup|col|dd|details|dialog|dir|div|dl|dt|"
    "fieldset|figcaption|figure|footer|form|frameset|frame|h[1-6]|header|head|hr|html|iframe|legend|link|li|main|"
    "menuitem|menu|nav|noframes|ol|optgroup|option|param|p|search|section|summary|table|tbody|td|tfoot|thead|th|title|"
    "track|tr|ul"
)

TAG_OR_AUTOLINK = re.compile(f"{_TAG}|{_AUTOLINK}")

_SECTION = re.compile(r"<(?:(!--)|(\?)|(!\[CDATA\[)|(![A-Za-z]))")
_SECTION_ENDS = ("-->", "?>", "]]>", ">")

_VERBATIM_END = re.compile(r"</(?:script|pre|style|textarea)>", re.IGNORECASE)
_BLOCK_ELEMENT = re.compile(
    rf"<(?:(script|pre|style|textarea)(?=\s|>|$)|/?(?:{_BLOCK_ELEMENTS})(?=\s|/?>|$))", re.IGNORECASE
)
_LONE_TAG = re.compile(rf"{_TAG}\s*+$")
_BLANK = re.compile(r"^\s*+$")


def section_end(text: str, at: int = 0) -> str | None:
    """Returns what ends the comment, processing instruction, CDATA section or declaration that begins at this place."""
    section = _SECTION.match(text, at)
    return _SECTION_ENDS[section.lastindex - 1] if section and section.lastindex else None


def html_block_end(line: str, *, in_paragraph: bool) -> re.Pattern[str] | None:
    """Returns a pattern for the last line of the HTML block that the line begins. A blank line ends most blocks."""
    if element := _BLOCK_ELEMENT.match(line):
        return _VERBATIM_END if element[1] else _BLANK
    if end := section_end(line):
        return re.compile(re.escape(end))
    return _BLANK if not in_paragraph and _LONE_TAG.match(line) else None
