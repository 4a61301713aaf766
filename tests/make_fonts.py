"""Makes the web fonts of the app from Debian's fonts-noto-cjk: GB2312, ASCII and the signs that the screens use.

Run after a sign was added (needs Debian's ``fonts-noto-cjk`` and the packages ``fonttools`` and ``brotli``):

    python -m tests.make_fonts [folder of the source fonts]

The county's network has no internet, so the app must bring its own Chinese letters; whole fonts would be 10 MB each. Each weight is two
files: what the product shows by itself and the common letters (``tests/letters.py``), which every visit loads; and the rest of GB2312,
which a browser loads when a name needs it. What the source lacks is drawn (``sign_glyphs.py``). The
family is renamed, as a changed font should not carry the name of the original.
"""

import sys
import unicodedata
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

from tests.letters import letters_first
from tests.sign_glyphs import SIGNS as DRAWN_SIGNS
from tests.sign_glyphs import add_signs

FOLDER = Path(__file__).resolve().parent.parent / "dashboard" / "static" / "fonts"
SOURCES = Path("/usr/share/fonts/opentype/noto")
SIMPLIFIED_CHINESE = 2
FAMILY = "County Sans SC"
WEIGHTS = {"Regular": "regular", "Bold": "bold"}
SIGNS = "▲▼△▽●○◐■□◆◇★☆✓✕–—−±×÷≥≤≠≈∞·•→←↑↓‹›↗↘⇅…‰％￥¥€²³µ°′″①②③④⑤⑥⑦⑧⑨⑩【】《》「」『』‘’“”，。；：？！（）、"


def characters() -> set[int]:
    """Return the code points to keep: printable ASCII and Latin-1, all of GB2312, and ``SIGNS``."""
    points = set(range(0x20, 0x7F)) | set(range(0xA0, 0x100)) | {ord(sign) for sign in SIGNS + DRAWN_SIGNS}
    for first in range(0xA1, 0xF8):
        for second in range(0xA1, 0xFF):
            try:
                points.add(ord(bytes((first, second)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return {point for point in points if unicodedata.category(chr(point)) != "Cc"}


def parts() -> dict[str, set[int]]:
    """Return, by what the name of the file ends with, the code points of each file: Chinese letters that nobody shows first are rare."""
    kept, first = characters(), {ord(letter) for letter in letters_first()}
    rare = {point for point in kept if 0x4E00 <= point <= 0x9FFF} - first
    return {"": kept - rare, "-rare": rare}


def rename(font: TTFont, style: str) -> None:
    """Give ``font`` the family name of the app; copyright (0), licence (13) and its address (14) stay."""
    names = font["name"]
    texts = {1: FAMILY, 2: style, 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}", 6: f"{FAMILY.replace(' ', '')}-{style}"}
    names.names = [record for record in names.names if record.nameID in {0, 5, 13, 14}]
    for identifier, text in texts.items():
        names.setName(text, identifier, 3, 1, 0x409)


def make(folder: Path, style: str, part: str, points: set[int]) -> Path:
    """Write one file of one weight and return it."""
    font = TTCollection(folder / f"NotoSansCJK-{style}.ttc").fonts[SIMPLIFIED_CHINESE]
    options = Options()
    options.flavor = "woff2"
    options.name_IDs = ["*"]
    options.layout_features = ["kern"]
    options.hinting = False
    options.drop_tables += ["vhea", "vmtx", "VORG"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    if not part:
        add_signs(font, style)
    rename(font, style)
    font.flavor = "woff2"
    file = FOLDER / f"county-sans-sc-{WEIGHTS[style]}{part}.woff2"
    font.save(file)
    return file


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCES
    for name in WEIGHTS:
        for end, held in parts().items():
            made = make(source, name, end, held)
            print(f"{made.name}: {made.stat().st_size / 1e6:.2f} MB")
